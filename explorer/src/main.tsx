import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./explorer.css";
import "./examples/examples.css";
import "./results/results.css";
import { createRoot } from "react-dom/client";
import { Explorer } from "./Explorer";

const place = document.getElementById("explorer");
if (place === null) throw new Error("The page has no element #explorer.");
createRoot(place).render(<Explorer />);
