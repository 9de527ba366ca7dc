// Asks izingate before a send, over gRPC: node check.mjs 127.0.0.1:7070 601234 05320000001
// Once, beside this file: npm install @grpc/grpc-js @grpc/proto-loader
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { strict } from "./strict.mjs";

const [endpoint, brand, recipient] = process.argv.slice(2);
const proto = new URL("../../proto/izingate/v1/izingate.proto", import.meta.url).pathname;
// keepCase: without it fields are called brandCode, and brand_code is passed over as if it were not there.
const { izingate } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true, longs: String, enums: String, defaults: true }));
const permission = new izingate.v1.PermissionService(endpoint, grpc.credentials.createInsecure());
const caller = new grpc.Metadata();
caller.set("izingate-caller", "example-node");
const question = { brand_code: Number(brand), channel: "CHANNEL_MESAJ", recipient, reference: "example" };
permission.Check(strict(izingate.v1, "CheckRequest", question), caller, { deadline: Date.now() + 3000 }, (error, answer) => {
  // There is no decision: do not send. UNAVAILABLE passes; docs/errors.md says which others do.
  if (error) console.error(`${grpc.status[error.code]}: ${error.details}`);
  // Send only what is allowed. DEFER says that it may be asked again later.
  else console.log(answer.decision, answer.reason, answer.decision_id);
  process.exitCode = answer?.allowed ? 0 : 1;
  permission.close();
});
