import "../explorer.css";
import "./imports.css";
import { createRoot } from "react-dom/client";
import { ImportPage } from "./ImportPage";

/** Where GraphiQL keeps the colours that were chosen on the page of queries. */
const THEME = "graphiql:theme";

const theme = localStorage.getItem(THEME);
if (theme === "light" || theme === "dark") document.body.classList.add(`graphiql-${theme}`);

const place = document.getElementById("explorer");
if (place === null) throw new Error("The page has no element #explorer.");
createRoot(place).render(<ImportPage />);
