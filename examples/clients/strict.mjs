// protobuf.js passes over a name that a message does not have: a question with recipientType, or with the word "TACIR" in place of
// "RECIPIENT_TYPE_TACIR", would be asked as if it were not there, and may be allowed. What is refused here is never sent.

// Returns the message if every key is a field of its type and every word one of its enum; throws a TypeError that names those there are.
export function strict(contract, name, message) {
  const fields = contract[name].type.field;
  for (const [key, value] of Object.entries(message)) {
    const field = fields.find((field) => field.name === key);
    if (!field) throw new TypeError(`${name} has no ${key}; it has ${fields.map((field) => field.name).join(", ")}`);
    if (field.type !== "TYPE_ENUM") continue;
    const words = contract[field.typeName.split(".").pop()].type.value;
    if (words.some((word) => word.name === value || word.number === value)) continue;
    throw new TypeError(`${key} is ${JSON.stringify(value)}; it is ${words.map((word) => word.name).join(", ")}`);
  }
  return message;
}
