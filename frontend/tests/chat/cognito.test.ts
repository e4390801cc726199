import { expect, test } from "vitest";
import { Cognito } from "../../src/chat/cognito.ts";

const CONFIG = { endpoint: "http://cognito.test/", clientId: "client" };
const ANN = { username: "ann", password: "correct horse" };
const TOKEN = `x.${btoa(JSON.stringify({ "cognito:username": "Ann" }))}.y`;

interface Call {
  target: string | null;
  body: unknown;
}

/** A pool that answers everything with the same. */
function pool(answer: unknown, status = 200): [Cognito, Call[]] {
  const calls: Call[] = [];
  const fetchFrom = (async (_, init) => {
    calls.push({ target: new Headers(init?.headers).get("X-Amz-Target"), body: JSON.parse(String(init?.body)) });
    return Response.json(answer, { status });
  }) as typeof fetch;
  return [new Cognito(CONFIG, fetchFrom, () => 1_000), calls];
}

test("who signs in is called by the name in the token, marked as the pool's, and can go on later", async () => {
  const [cognito, calls] = pool({ AuthenticationResult: { IdToken: TOKEN, RefreshToken: "again", ExpiresIn: 60 } });
  const session = await cognito.signIn(ANN);
  expect(session).toEqual({ kind: "account", username: "+Ann", token: TOKEN, expiresAt: 61_000, refreshToken: "again" });
  expect(calls[0]).toEqual({
    target: "AWSCognitoIdentityProviderService.InitiateAuth",
    body: { ClientId: "client", AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: "ann", PASSWORD: "correct horse" } },
  });
});

test("a renewed session keeps what renews it", async () => {
  const [cognito] = pool({ AuthenticationResult: { IdToken: TOKEN, ExpiresIn: 60 } });
  expect(await cognito.renew("again")).toMatchObject({ token: TOKEN, refreshToken: "again" });
});

test("signing up sends the e-mail address, confirming the code", async () => {
  const [cognito, calls] = pool({});
  await cognito.signUp(ANN, "ann@example.org");
  await cognito.confirm("ann", "123456");
  expect(calls[0]?.body).toMatchObject({ Username: "ann", UserAttributes: [{ Name: "email", Value: "ann@example.org" }] });
  expect(calls[1]?.body).toMatchObject({ Username: "ann", ConfirmationCode: "123456" });
});

test("Cognito's errors keep their codes", async () => {
  const [cognito] = pool({ __type: "UserNotConfirmedException", message: "User is not confirmed." }, 400);
  await expect(cognito.signIn(ANN)).rejects.toMatchObject({ code: "UserNotConfirmed", message: "User is not confirmed." });
});

test.each([
  ["no token", {}],
  ["a token that names nobody", { AuthenticationResult: { IdToken: "x.y.z", ExpiresIn: 60 } }],
  ["what is no error of Cognito", { error: "?" }],
])("%s is Unreachable", async (_, answer) => {
  await expect(pool(answer)[0].signIn(ANN)).rejects.toMatchObject({ code: "Unreachable" });
  await expect(pool(answer, 500)[0].signIn(ANN)).rejects.toMatchObject({ code: "Unreachable" });
});
