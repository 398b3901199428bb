const KEY = 'patchbay.token'

/** What was typed into this page. @type {string | undefined} */
let typed

/**
 * The token to present: the one typed in here, else that of this page's address (`?token=` or `#token=`), else what was typed in anywhere
 * since this tab was opened.
 *
 * @returns {string | undefined}
 */
export function presentToken() {
  const { search, hash } = location
  return typed || new URLSearchParams(search).get('token') || new URLSearchParams(hash.slice(1)).get('token') || stored()
}

/** @param {string} token */
function keepToken(token) {
  typed = token
  try {
    sessionStorage.setItem(KEY, token)
  } catch {
    // Storage is switched off: the token lives as long as the page.
  }
}

/**
 * Calls back with what is typed into a page's token form.
 *
 * @param {HTMLFormElement} form
 * @param {(token: string) => void} use
 */
export function onToken(form, use) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const token = String(new FormData(form).get('token') ?? '').trim()
    if (token === '') return
    keepToken(token)
    form.reset()
    use(token)
  })
}

function stored() {
  try {
    return sessionStorage.getItem(KEY) ?? undefined
  } catch {
    return undefined
  }
}
