// A client of izingate for a service: channels that live on, deadlines, retries as docs/errors.md says, a second gateway, batches.
//
//   const gateway = new Gateway(["127.0.0.1:7070", "127.0.0.1:7080"], "shop");
//   const question = { brand_code: 601234, channel: "CHANNEL_MESAJ", recipient: "05320000001", reference: "order-17" };
//   if ((await gateway.maySend(question)).allowed) …
//
// By hand: node may_send.mjs 127.0.0.1:7070,127.0.0.1:7080 601234 05320000001 05320000005
// Once, beside this file: npm install @grpc/grpc-js @grpc/proto-loader
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { strict } from "./strict.mjs";

const proto = new URL("../../proto/izingate/v1/izingate.proto", import.meta.url).pathname;
// keepCase: without it fields are called brandCode, and brand_code is passed over as if it were not there.
const options = { keepCase: true, longs: String, enums: String, defaults: true };
const contract = grpc.loadPackageDefinition(loader.loadSync(proto, options)).izingate.v1;

// Pass within seconds. STALE does not: it is returned, to be asked again after minutes.
const PASSING = ["NOT_READY", "REVISION_NOT_REACHED", "EVIDENCE_UNAVAILABLE"];
// No gateway answered. An error with any other status is a fault of the question, or one that an operator has to end.
const NO_ANSWER = [grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED];

// The question was not taken: asking again does not help before it is corrected. `code` is one of docs/errors.md.
export class Refused extends Error {
  constructor(error) {
    super(error.details);
    this.code = /^([A-Z][A-Z0-9_]+): /.exec(error.details)?.[1] ?? grpc.status[error.code];
  }
}

// ALLOW of DECISION_ALLOW: the word that HTTP has. One of a newer gateway that is not known here is no ALLOW.
const word = (prefix, name) => String(name).replace(prefix, "");
const answerOf = (decision, reason, id) => {
  const told = { decision: word("DECISION_", decision), reason: word("REASON_", reason), id };
  return { ...told, allowed: told.decision === "ALLOW" };
};
const nameOf = (type, number) => contract[type].type.value.find((value) => value.number === number)?.name ?? number;
// A result of a batch is one byte: the decision in the upper two bits, the reason in the lower six.
const decoded = (byte, id) => answerOf(nameOf("Decision", byte >> 6), nameOf("Reason", byte & 63), id);

// One or more gateways that may be asked alike. Made once, used for all questions.
export class Gateway {
  // `deadline` is for one call, in milliseconds: longer than max_revision_wait and evidence.patience. `patience` is for all tries together.
  constructor(endpoints, caller, { deadline = 3000, patience = 30000 } = {}) {
    this.clients = endpoints.map((endpoint) => new contract.PermissionService(endpoint, grpc.credentials.createInsecure()));
    this.metadata = new grpc.Metadata();
    this.metadata.set("izingate-caller", caller);
    Object.assign(this, { deadline, patience });
  }

  close() {
    this.clients.forEach((client) => client.close());
  }

  // Asks about one message. DEFER means: do not send now; after the patience it stays DEFER, never ALLOW.
  async maySend(question) {
    const told = (answer) => answerOf(answer.decision, answer.reason, answer.decision_id);
    const answer = await this.#ask("Check", strict(contract, "CheckRequest", question), (answer) => [told(answer)]);
    return answer ? told(answer) : answerOf("DEFER", "NO_ANSWER", "");
  }

  // Asks about up to 100,000 recipients of one brand, channel and purpose; answers come in their order.
  async maySendAll(recipients, question) {
    // The id of result i is the first + i.
    const told = ({ results, decision_id }) => {
      const first = BigInt(`0x${decision_id}`);
      return [...results].map((byte, place) => decoded(byte, (first + BigInt(place)).toString(16).padStart(32, "0")));
    };
    const answer = await this.#ask("CheckBatch", strict(contract, "CheckBatchRequest", { ...question, recipients }), told);
    return answer ? told(answer) : recipients.map(() => answerOf("DEFER", "NO_ANSWER", ""));
  }

  // The first answer that does not pass by itself; the last one where the patience ends; undefined if there was none.
  async #ask(method, request, told) {
    const end = Date.now() + this.patience;
    // A revision is of the gateway that gave it: who demands one asks the same gateway, which is the first here.
    const clients = Number(request.min_revision ?? 0) ? this.clients.slice(0, 1) : this.clients;
    for (let wait = 1000, last; ; wait = Math.min(2 * wait, 60000)) {
      for (const client of clients) {
        try {
          last = await this.#call(client, method, request);
        } catch (error) {
          if (!NO_ANSWER.includes(error.code)) throw new Refused(error);
          continue;
        }
        if (!told(last).some(({ reason }) => PASSING.includes(reason))) return last;
      }
      const rest = end - Date.now();
      if (rest <= 0) return last;
      // Not all clients at once, and never longer than the patience.
      await sleep(Math.min(rest, wait * (0.5 + Math.random() / 2)));
    }
  }

  #call(client, method, request) {
    return new Promise((resolve, reject) => {
      const done = (error, answer) => (error ? reject(error) : resolve(answer));
      client[method](request, this.metadata, { deadline: Date.now() + this.deadline }, done);
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [endpoints, brand, ...recipients] = process.argv.slice(2);
  const gateway = new Gateway(endpoints.split(","), "example-node", { patience: 5000 });
  const question = { brand_code: Number(brand), channel: "CHANNEL_MESAJ", reference: "example" };
  for (const recipient of recipients) {
    const { decision, reason, id } = await gateway.maySend({ ...question, recipient });
    console.log(recipient, decision, reason, id);
  }
  for (const [place, { decision, reason, id }] of (await gateway.maySendAll(recipients, question)).entries()) {
    console.log("batch", recipients[place], decision, reason, id);
  }
  gateway.close();
}
