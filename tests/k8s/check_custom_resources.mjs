// Checks the custom resources of a list of manifests (JSON on standard input) against their published definitions:
// required fields and types with the models' own validation, unknown fields with the TypeScript compiler.
// Prints the faults and ends with 1 if there are any.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const modules = {
  ScaledObject: "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject",
  PodMonitor: "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor",
  PrometheusRule: "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule",
  Certificate: "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate",
};

const objects = JSON.parse(readFileSync(0, "utf8"));
const faults = [];
const lines = [];
for (const object of objects) {
  const where = `${object.kind}/${object.metadata.name}`;
  if (!(object.kind in modules)) {
    faults.push(`${where}: no definition is known`);
    continue;
  }
  const { [object.kind]: Model } = await import(modules[object.kind]);
  try {
    new Model(object).validate();
  } catch (error) {
    faults.push(`${where}: ${error.message}`);
  }
  if (object.apiVersion !== Model.apiVersion) faults.push(`${where}: not ${Model.apiVersion}`);
  lines.push(`import { I${object.kind} as T${lines.length} } from "${modules[object.kind]}";`);
  lines.push(`export const o${lines.length}: T${lines.length - 1} = ${JSON.stringify(object, null, 1)};`);
}

// A folder below the root, where the compiler finds node_modules.
const folder = join(root, "build", "custom-resources", String(process.pid));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
writeFileSync(join(folder, "objects.ts"), lines.join("\n"));
const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"];
try {
  execFileSync(join(root, "node_modules", ".bin", "tsc"), [...flags, join(folder, "objects.ts")], { encoding: "utf8" });
} catch (error) {
  faults.push(error.stdout);
} finally {
  rmSync(folder, { recursive: true });
}

console.log(faults.join("\n"));
process.exit(faults.length ? 1 : 0);
