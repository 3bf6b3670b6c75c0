// The query box as an editor: colours, completion of tables and columns, Ctrl+Enter.
// Without this script the plain text box does the same work.
import { acceptCompletion, autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { MSSQL, MySQL, SQLite, sql } from "@codemirror/lang-sql";
import { bracketMatching, defaultHighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView, drawSelection, keymap, lineNumbers } from "@codemirror/view";

const dialects = { mysql: MySQL, mssql: MSSQL, sqlite: SQLite };
const form = document.querySelector("[data-editor]");
const box = form?.querySelector("textarea[name=sql]");
if (box) replace(box);

/** Tables and columns as the page lists them. */
function schema() {
  const tables = {};
  for (const table of document.querySelectorAll(".crate-table")) {
    const names = [...table.querySelectorAll("code")].map((code) => code.textContent);
    tables[names[0]] = names.slice(1);
  }
  return tables;
}

function replace(textarea) {
  const run = () => {
    form.requestSubmit();
    return true;
  };
  const host = document.createElement("div");
  host.className = "crate-editor";
  textarea.before(host);
  // In a shadow root the editor's styles are adopted sheets, which the content security policy allows.
  const root = host.attachShadow({ mode: "open" });
  const label = form.querySelector("label[for=sql]");
  const described = textarea.getAttribute("aria-describedby")?.split(" ") ?? [];
  const description = described.map((id) => document.getElementById(id)?.textContent.trim()).join(" ");
  const view = new EditorView({
    root,
    parent: root,
    doc: textarea.value,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      bracketMatching(),
      autocompletion(),
      syntaxHighlighting(defaultHighlightStyle),
      sql({ dialect: dialects[form.dataset.dialect] ?? SQLite, schema: schema(), upperCaseKeywords: true }),
      // Tab leaves the editor, as it leaves every field, unless a completion is offered.
      keymap.of([
        { key: "Mod-Enter", run },
        { key: "Tab", run: acceptCompletion },
        ...completionKeymap,
        ...historyKeymap,
        ...defaultKeymap.filter((binding) => binding.key !== "Mod-Enter"),
      ]),
      EditorView.contentAttributes.of({
        "aria-label": `${label.textContent.trim()}. ${description}`,
        spellcheck: "false",
      }),
      EditorView.theme({
        "&": { fontSize: "16px", background: "#fff" },
        ".cm-content, .cm-gutter": { minHeight: "18em" },
        ".cm-scroller": { fontFamily: 'ui-monospace, "DejaVu Sans Mono", Consolas, monospace', maxHeight: "70vh" },
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) textarea.value = update.state.doc.toString();
      }),
    ],
  });
  textarea.hidden = true;
  label.addEventListener("click", () => view.focus());
  // The link of an error summary leads to the field's id.
  for (const link of document.querySelectorAll('a[href="#sql"]')) {
    link.addEventListener("click", () => view.focus());
  }
}
