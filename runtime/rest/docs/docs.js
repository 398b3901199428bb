// Shows the OpenAPI descriptions of this server and tries their operations. Everything is written as text, never as markup.

const main = document.querySelector('#api')
const token = document.querySelector('#token')

const apis = await json('/openapi')
const chosen = () => apis.find(({ name }) => `#${name}` === location.hash) ?? apis[0]
window.addEventListener('hashchange', () => void show(chosen()))
await show(chosen())

async function show(api) {
  const links = apis.map((one) => element('a', { href: `#${one.name}`, ...(one === api && { 'aria-current': 'page' }) }, one.title))
  document.querySelector('#apis').replaceChildren(...links)
  const description = await json(api.url)
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationOf(path, method, operation)),
  )
  const { title, description: text, version } = description.info
  const source = element('a', { href: api.url }, 'OpenAPI')
  main.replaceChildren(element('h1', {}, `${title} ${version}`), element('p', {}, `${text} `, source), ...operations)
}

function operationOf(path, method, operation) {
  const head = element('summary', {}, element('b', {}, method.toUpperCase()), element('code', {}, path), element('span', {}, operation.summary))
  const answers = Object.entries(operation.responses).map(([status, { description }]) =>
    element('tr', {}, element('td', {}, element('code', {}, status)), element('td', {}, description)),
  )
  const schema = Object.values(operation.responses).flatMap(({ content = {} }) => Object.values(content))[0]?.schema
  const inside = element(
    'div',
    { class: 'inside' },
    element('p', {}, operation.description ?? ''),
    element('table', {}, element('tbody', {}, ...answers)),
    ...(schema ? [element('pre', {}, JSON.stringify(schema, null, 2))] : []),
    trial(path, method, operation),
  )
  return element('details', {}, head, inside)
}

/** A form that sends the operation and shows what comes back. */
function trial(path, method, { parameters = [], requestBody }) {
  const type = requestBody && Object.keys(requestBody.content)[0]
  const fields = parameters.map((parameter) =>
    element('label', {}, `${parameter.name}${parameter.required ? '' : ' (optional)'} `, element('input', { name: `${parameter.in}:${parameter.name}` })),
  )
  const body = type ? [element('label', {}, `Body (${type})`, element('textarea', { name: 'body', spellcheck: 'false' }))] : []
  const result = element('pre', { hidden: '' })
  const form = element('form', {}, ...fields, ...body, element('button', {}, 'Send'), result)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const values = new FormData(form)
    result.hidden = false
    result.textContent = await send(path, method, parameters, values, type).catch(String)
  })
  return form
}

async function send(path, method, parameters, values, type) {
  const given = (place) => parameters.filter((parameter) => parameter.in === place).map(({ name }) => [name, String(values.get(`${place}:${name}`))])
  const address = given('path').reduce((url, [name, value]) => url.replace(`{${name}}`, encodeURIComponent(value)), path)
  const query = new URLSearchParams(given('query').filter(([, value]) => value !== ''))
  const response = await fetch(query.size > 0 ? `${address}?${query}` : address, {
    method: method.toUpperCase(),
    headers: { ...(type && { 'content-type': type }), ...(token.value && { authorization: `Bearer ${token.value}` }) },
    ...(type && { body: String(values.get('body')) }),
  })
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`)
  return [`${response.status} ${response.statusText}`, ...headers, '', await response.text()].join('\n')
}

async function json(url) {
  return (await fetch(url)).json()
}

function element(name, attributes, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}
