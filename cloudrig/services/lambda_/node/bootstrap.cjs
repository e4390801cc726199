'use strict';
// The Node.js runtime: loads the function's handler, then takes event after event from the Runtime API.
// Behaves as AWS's own client does: callbacks wait for an empty event loop unless told otherwise, promises do not;
// what nobody catches ends the process.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html

const { patchConsole, setRequestId, logFailure } = require('./console.cjs');
const { RuntimeError } = require('./errors.cjs');
const { loadHandler } = require('./handler.cjs');
const { RuntimeApi } = require('./runtime_api.cjs');
const { isStreaming, provideGlobal } = require('./streaming.cjs');

const UNCAUGHT_STATUS = 129;
const UNHANDLED_STATUS = 128;

const environment = process.env;
const api = new RuntimeApi(environment.AWS_LAMBDA_RUNTIME_API);
let current = null; // the id of the event in hand
let ready = false; // whether initialisation is over
let onEmptyLoop = null; // called when nothing is left to wait for

async function main() {
  patchConsole(environment);
  process.on('beforeExit', () => {
    const call = onEmptyLoop;
    onEmptyLoop = null;
    if (call) setImmediate(call);
  });
  process.on('uncaughtException', (error) => end('Uncaught Exception', error, UNCAUGHT_STATUS));
  process.on('unhandledRejection', (reason, promise) => {
    const error = new RuntimeError('UnhandledPromiseRejection', String(reason));
    end('Unhandled Promise Rejection', Object.assign(error, { reason, promise }), UNHANDLED_STATUS);
  });
  provideGlobal();
  const handler = await initialise();
  const handle = isStreaming(handler) ? handleStreaming : handleBuffered;
  for (;;) {
    ready = true;
    const { headers, body } = await api.next();
    current = headers['lambda-runtime-aws-request-id'];
    setRequestId(current);
    environment._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
    await handle(handler, JSON.parse(body.toString()), headers);
    current = null;
  }
}

async function initialise() {
  try {
    const handler = await loadHandler(environment.LAMBDA_TASK_ROOT, environment._HANDLER);
    checkCallbacks(handler);
    return handler;
  } catch (error) {
    await end('Uncaught Exception', error, UNCAUGHT_STATUS);
  }
}

function checkCallbacks(handler) {
  const version = /nodejs(\d+)/.exec(environment.AWS_EXECUTION_ENV)?.[1];
  if (Number(version) >= 24 && handler.length > 2 && !isStreaming(handler)) {
    throw new RuntimeError(
      'CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. Use an async ' +
        'function, or a runtime before nodejs24.x.',
    );
  }
}

/** Report an error that nothing caught, and leave. */
async function end(what, error, status) {
  logFailure(what, error);
  const reported = ready ? current && api.fail(current, error) : api.failInit(error);
  await Promise.resolve(reported).catch(() => {});
  process.exit(status);
}

// --- one event ---

async function handleBuffered(handler, event, headers) {
  const [error, result] = await answer(handler, event, headers);
  if (error !== null && error !== undefined) {
    logFailure('Invoke Error', error);
    await api.fail(current, error);
    return;
  }
  let body;
  try {
    body = JSON.stringify(result === undefined ? null : result);
  } catch {
    const failure = new Error('Unable to stringify response body');
    logFailure('Invoke Error', failure);
    await api.fail(current, failure);
    return;
  }
  await api.respond(current, body ?? 'null');
}

/** Run a handler until it has answered one way or the other: `[error, result]`. */
function answer(handler, event, headers) {
  return new Promise((settle) => {
    let answered = false;
    let waits = true;
    const done = (error, result) => {
      if (answered) return;
      answered = true;
      onEmptyLoop = null;
      if (waits) onEmptyLoop = () => settle([error, result]);
      else settle([error, result]);
    };
    const doneNow = (error, result) => {
      waits = false;
      done(error, result);
    };
    const context = {
      get callbackWaitsForEmptyEventLoop() {
        return waits;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        waits = value;
      },
      succeed: (result) => doneNow(null, result),
      fail: (error) => doneNow(error ?? 'handled'),
      done: (error, result) => doneNow(error, result),
    };
    onEmptyLoop = () => settle(handler.constructor.name === 'AsyncFunction' ? [neverSettled()] : [null, null]);
    try {
      const result = handler(event, Object.assign(context, contextOf(headers)), done);
      if (typeof result?.then === 'function') result.then((value) => doneNow(null, value), context.fail);
    } catch (error) {
      done(error ?? 'handled');
    }
  });
}

function neverSettled() {
  return new RuntimeError(
    'NodeJsExit',
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise ' +
      'that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  );
}

async function handleStreaming(handler, event, headers) {
  const stream = api.stream(current);
  let waits = true;
  const context = {
    get callbackWaitsForEmptyEventLoop() {
      return waits;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      waits = value;
    },
  };
  try {
    const result = handler(event, stream, Object.assign(context, contextOf(headers)));
    if (typeof result?.then !== 'function') throw new Error('Streaming does not support non-async handlers.');
    const left = new Promise((resolve) => (onEmptyLoop = resolve));
    if ((await Promise.race([result, left])) !== undefined) console.warn('Streaming handlers ignore return values.');
    if (!stream.writableEnded) throw new Error('Response stream is not finished.');
    await new Promise((resolve) => (stream.writableFinished ? resolve() : stream.once('finish', resolve)));
  } catch (error) {
    logFailure('Invoke Error', error);
    await stream.fail(error);
  }
  onEmptyLoop = null;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed('lambda-runtime-client-context'),
    identity: parsed('lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

main();
