// Runs a Python script on a CPython in WebAssembly: node run.mjs VERSION SCRIPT NAME=FOLDER ..., folders at /NAME.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [version, script, ...folders] = process.argv.slice(2);
const at = join(dirname(fileURLToPath(import.meta.url)), "node_modules", `python-${version}`);
const { loadPyodide } = await import(join(at, "pyodide.mjs"));
const python = await loadPyodide({ indexURL: `${at}/` });
for (const folder of folders) {
  const [name, root] = folder.split("=");
  python.FS.mkdir(`/${name}`);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, `/${name}`);
}
python.runPython(readFileSync(script, "utf8"));
