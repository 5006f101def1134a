// Makes the API's description (assets/openapi.json) a page to read: node .ci/docs.mjs <assets> <to>, after .ci/assets.mjs. Only where
// the Worker runs for developers: what is deployed has the description, and not the page.
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [from, to] = process.argv.slice(2);
const api = JSON.parse(readFileSync(join(from, "openapi.json"), "utf8"));
const methods = ["get", "post", "put", "patch", "delete"];

// Text into HTML. What is made here is marked, so that nothing else gets in as it is.
class Html {
  constructor(text) {
    this.text = text;
  }
}
const escape = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);
const put = (value) =>
  value instanceof Html ? value.text : Array.isArray(value) ? value.map(put).join("") : value === undefined || value === false ? "" : escape(value);
const html = (parts, ...values) => new Html(parts.reduce((page, part, at) => page + put(values[at - 1]) + part));
const between = (values, mark) => values.flatMap((value, at) => (at ? [mark, value] : [value]));

// `code` in a sentence.
const words = (text = "") => text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));
// Of Markdown, what the description has: paragraphs and one list.
const paragraphs = (text) =>
  text
    .trim()
    .split("\n\n")
    .map((part) =>
      part.startsWith("- ")
        ? html`<ul class="points">${part.split("\n").map((line) => html`<li>${words(line.slice(2))}</li>`)}</ul>`
        : html`<p>${words(part)}</p>`,
    );

const resolved = (value) =>
  value?.$ref ? resolved(value.$ref.slice(2).split("/").reduce((place, name) => place[name.replaceAll("~1", "/").replaceAll("~0", "~")], api)) : value;
const nameOf = (schema) => schema.$ref?.split("/").at(-1);

// What a schema is, in a few words.
function type(schema) {
  if (schema === true || !schema || Object.keys(schema).length === 0) return "anything";
  if (schema.$ref) return html`<a href="#type-${nameOf(schema)}">${nameOf(schema)}</a>`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return between(choices.map(type), " or ");
  if ("const" in schema) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) return between(schema.enum.map((one) => html`<code>${JSON.stringify(one)}</code>`), " or ");
  if (Array.isArray(schema.type)) return between(schema.type.map((one) => type({ ...schema, type: one })), " or ");
  if (schema.type === "array") return html`list of ${type(schema.items)}`;
  if (schema.type === "object" && schema.properties) return "object";
  if (schema.type === "object") return html`object of ${type(schema.additionalProperties)}`;
  const bounds = [schema.minimum !== undefined && `from ${schema.minimum}`, schema.maximum !== undefined && `to ${schema.maximum}`];
  const format = { "date-time": "time", email: "e-mail address" }[schema.format];
  return [format ?? schema.type, ...bounds.filter(Boolean)].join(" ");
}

// An object's fields; of what is chosen from, the choices.
function fields(schema) {
  const needed = schema.required ?? [];
  const properties = Object.entries(schema.properties ?? {});
  const first = (one, other) => needed.includes(other[0]) - needed.includes(one[0]);
  const field = ([name, of]) => html`<dt><code>${name}</code> <span class="of">${type(of)}${needed.includes(name) && ", needed"}</span></dt>
<dd>${words(of.description)}</dd>`;
  const choice = (of) => html`<dt>${type(of)}</dt>
<dd>${words(of.description)}${of.properties && fields(of)}</dd>`;
  const choices = schema.oneOf ?? schema.anyOf ?? [];
  if (properties.length) return html`<dl class="named">${properties.sort(first).map(field)}</dl>`;
  if (choices.length) return html`<dl class="named">${choices.map(choice)}</dl>`;
  return schema.description ? "" : html`<p>${type(schema)}</p>`;
}

// What a content is: under its name where it has one, else its fields.
const content = (type_, { schema }) => {
  if (!schema) return html`<p><code>${type_}</code></p>`;
  const list = schema.properties?.data?.items;
  if (list) return html`<p><code>${type_}</code>: ${type(list)}, in <code>data</code>${schema.properties.next_cursor && html` with <code>next_cursor</code>`}</p>`;
  return html`<p><code>${type_}</code>: ${type(schema)}</p>${schema.$ref && fields(resolved(schema))}`;
};

// A body to begin with: what is needed, no more.
function sample(schema) {
  const { $ref, ...beside } = schema;
  if ($ref) return sample({ ...resolved(schema), ...beside });
  if (schema.examples) return schema.examples[0];
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return sample(choices[0]);
  const kind = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (kind === "array") return [sample(schema.items)];
  if (kind === "object") return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties[name])]));
  if (kind === "integer") return schema.minimum || 1;
  if (kind === "boolean") return true;
  return { "date-time": "2030-01-31T12:00:00Z", email: "ana@client.test" }[schema.format] ?? "…";
}

const credentials = {
  operatorKey: '-H "Authorization: Bearer $OPERATOR_KEY"',
  apiKey: '-H "Authorization: Bearer $USHER_KEY"',
  session: '-b cookies.txt -H "Origin: $USHER"',
  resend: '-H "svix-id: …" -H "svix-timestamp: …" -H "svix-signature: …"',
  postmark: '-u "usher:$POSTMARK_WEBHOOK_SECRET"',
  stripe: '-H "stripe-signature: …"',
};
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function curl(method, path, operation) {
  const filled = (operation.parameters ?? []).map(resolved).filter((parameter) => parameter.in === "path");
  const url = filled.reduce((text, parameter) => text.replace(`{${parameter.name}}`, sample(parameter.schema)), path);
  // Programs read this more often than browsers: their own key first.
  const schemes = operation.security.map((scheme) => Object.keys(scheme)[0]);
  const scheme = schemes.includes("apiKey") ? "apiKey" : schemes[0];
  const [kind, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const sends = kind === "application/json" && operation.requestBody.required;
  const parts = [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$USHER${url}"`,
    credentials[scheme],
    kind && (sends || kind !== "application/json") && `-H "Content-Type: ${kind}"`,
    sends && `-d ${quoted(JSON.stringify(sample(body.schema)))}`,
    kind && kind !== "application/json" && "--data-binary @file",
  ];
  return parts.filter(Boolean).join(" \\\n  ");
}

const callers = {
  operatorKey: "the operator",
  session: "whoever is signed in",
  resend: "Resend",
  postmark: "Postmark",
  stripe: "Stripe",
};
function caller(scheme) {
  const [name] = Object.keys(scheme);
  if (!name) return "anybody";
  return name === "apiKey" ? html`an API key with the scope <code>${scheme.apiKey[0]}</code>` : callers[name];
}

function answer([status, response]) {
  const { description, content: contents } = resolved(response);
  const examples = Object.values(contents ?? {})[0]?.examples;
  if (examples) {
    const told = Object.entries(examples).map(([code, example]) => html`<li><code>${code}</code> ${words(resolved(example).value.detail)}</li>`);
    return html`<dt>${status}</dt>
<dd><ul>${told}</ul></dd>`;
  }
  return html`<dt>${status}</dt>
<dd><p>${words(description)}</p>${contents && Object.entries(contents).map(([kind, of]) => content(kind, of))}</dd>`;
}

// What every operation may answer stands once, at the top.
const everywhere = ["413", "500", "503"];

function operation(path, method, of) {
  const parameters = (of.parameters ?? []).map(resolved).filter((parameter) => parameter.in !== "path");
  const parameter = ({ name, in: place, description, schema }) => html`<dt><code>${name}</code> <span class="of">${place}, ${type(schema)}</span></dt>
<dd>${words(description ?? "")}</dd>`;
  const answers = Object.entries(of.responses).filter(([status]) => !everywhere.includes(status));
  return html`<details id="${of.operationId}">
<summary><h3>${of.summary}</h3> <code>${method.toUpperCase()} ${path}</code></summary>
${of.description && html`<p>${words(of.description)}</p>`}
<p>For ${between(of.security.map(caller), ", or ")}.</p>
${parameters.length > 0 && html`<h4>Parameters</h4><dl class="named">${parameters.map(parameter)}</dl>`}
${of.requestBody && html`<h4>Body</h4>${Object.entries(of.requestBody.content).map(([kind, each]) => content(kind, each))}`}
<h4>Answers</h4><dl class="replies">${answers.map(answer)}</dl>
<h4>Example</h4><pre tabindex="0">${curl(method, path, of)}</pre>
</details>`;
}

const all = Object.entries(api.paths).flatMap(([path, of]) => methods.filter((method) => of[method]).map((method) => [path, method, of[method]]));
const parts = api.tags.map(({ name, description }) => html`<section id="${name}"><h2>${description}</h2>
${all.filter(([, , of]) => of.tags[0] === name).map((one) => operation(...one))}
</section>`);
const types = Object.entries(api.components.schemas).map(([name, schema]) => html`<details id="type-${name}">
<summary><h3>${name}</h3></summary>
<p>${words(schema.description)}</p>${fields(schema)}
</details>`);

const served = readdirSync(join(to, "assets"));
const style = readFileSync(new URL("docs.css", import.meta.url));
const styleName = `docs.${createHash("sha256").update(style).digest("hex").slice(0, 16)}.css`;
const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API – ${api.info.title}</title>
<link rel="stylesheet" href="/assets/${served.find((name) => /^usher\..*\.css$/.test(name))}">
<link rel="stylesheet" href="/assets/${styleName}">
</head>
<body class="docs">
<header class="top"><p class="whose">${api.info.title}</p></header>
<main>
<h1>The API</h1>
${paragraphs(api.info.description)}
<p>The same for programs: <a href="/openapi.json">openapi.json</a>. In the examples <code>$USHER</code> is the deployment’s origin.</p>
<nav aria-label="Parts"><ul>${api.tags.map(({ name, description }) => html`<li><a href="#${name}">${description}</a></li>`)}<li><a href="#types">Types</a></li></ul></nav>
<p>Any operation may also answer:</p>
<dl class="replies">${everywhere.map((status) => answer([status, all[0][2].responses[status]]))}</dl>
${parts}
<section id="types"><h2>Types</h2>
${types}
</section>
</main>
</body>
</html>
`;

writeFileSync(join(to, "assets", styleName), style);
writeFileSync(join(to, "docs"), page.text);
appendFileSync(
  join(to, "_headers"),
  `/docs
  Content-Type: text/html; charset=utf-8
  Cache-Control: no-store
  Content-Security-Policy: default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
  X-Robots-Tag: noindex
`,
);
