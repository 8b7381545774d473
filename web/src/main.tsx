import { render } from "preact";
import { App } from "./app.js";
import { connect, showTheme } from "./console-state.js";
import "./style.css";
import { language, setLanguage } from "./words.js";

setLanguage(language.value);
showTheme();
render(<App />, document.getElementById("app")!);
void connect();
