// PostGraphile on a database of the benchmark, as its guides say to run it in production: the schema `peer` (schema.sql), nothing else on.
//
//     NODE_ENV=production GRAPHILE_ENV=production node server.mjs POSTGRESQL_URL PORT CONNECTIONS
import { createServer } from "node:http";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [url, port, connections] = process.argv.slice(2);
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({ connectionString: url, schemas: ["peer"], poolConfig: { max: Number(connections) } }),
  ],
  grafast: { explain: false },
  grafserv: { graphqlPath: "/graphql", graphiql: false, websockets: false, watch: false },
});
const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 });
await instance.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
