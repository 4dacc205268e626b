// The identity provider of the tests: `oidc-provider` as it comes, with the people that the test names. It stands on
// 127.0.0.1, lets in whomever `login_hint` names, asks nothing, and says its address on the first line. Each line
// that it reads says anew what is known of whom, as JSON, and is answered by a line.
//
// PEERS: the folder of the packages. NOW_MS: the clock of the test.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const shift = Number(process.env.NOW_MS) - Date.now()
const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift)
    else super(...args)
  }
  static now() {
    return RealDate.now() + shift
  }
}

const { default: Provider } = await import(
  pathToFileURL(`${process.env.PEERS}/node_modules/oidc-provider/lib/index.js`).href
)
let people = {}

const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'stockwell',
      client_secret: 'a secret of the tests: % + &',
      redirect_uris: ['https://test/sign-in/identity'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
    {
      client_id: 'posting',
      client_secret: 'another',
      token_endpoint_auth_method: 'client_secret_post',
      redirect_uris: ['https://test/sign-in/identity'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  claims: { openid: ['sub', 'amr'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'groups'],
  cookies: { keys: ['only in tests'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
})

async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response)
  let result
  const person = people[params.login_hint]
  if (!person) {
    result = { error: 'access_denied', error_description: 'nobody of that name' }
  } else if (prompt.name === 'login') {
    result = { login: { accountId: params.login_hint, amr: person.methods } }
  } else {
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    result = { consent: { grantId: await grant.save() } }
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
}

const standard = provider.callback()
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) return standard(request, response)
  interact(request, response).catch((error) => {
    response.statusCode = 500
    response.end(String(error))
  })
})
console.log(issuer)
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  people = JSON.parse(line)
  console.log('known')
})
// it ends with the test that started it
lines.on('close', () => process.exit(0))
