'use strict';
// Response streaming: the global `awslambda`, and the stream that a handler writes to.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html

const { Writable } = require('node:stream');
const { toAnswer, RuntimeError } = require('./errors.cjs');

const MARK = Symbol.for('aws.lambda.runtime.handler.streaming');
const INTEGRATION_RESPONSE = 'application/vnd.awslambda.http-integration-response';

/** What a handler writes its answer to. The request that carries it opens with the first write. */
class ResponseStream extends Writable {
  #open;
  #contentType = 'application/octet-stream';
  #request;
  #answered;
  #failure;

  /** `open(contentType)` starts the request and gives it, and a promise of its answer. */
  constructor(open) {
    super();
    this.#open = open;
  }

  setContentType(contentType) {
    if (this.#request) throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
    this.#contentType = contentType;
  }

  write(chunk, ...rest) {
    const bytes = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(bytes ? chunk : JSON.stringify(chunk), ...rest);
  }

  /** End the answer with an error, which follows what has been written as trailers. */
  async fail(error) {
    if (this.writableEnded) return;
    this.#failure = toAnswer(error);
    await new Promise((resolve) => this.end(resolve));
  }

  _write(chunk, _encoding, callback) {
    this.#start();
    this.#request.write(chunk, callback);
  }

  _final(callback) {
    this.#start();
    if (this.#failure) {
      this.#request.addTrailers({
        'Lambda-Runtime-Function-Error-Type': this.#failure.errorType,
        'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(this.#failure)).toString('base64'),
      });
    }
    this.#request.end();
    this.#answered.then(() => callback(), callback);
  }

  #start() {
    if (this.#request) return;
    [this.#request, this.#answered] = this.#open(this.#contentType);
    this.#answered.catch((error) => this.destroy(error));
  }
}

const HttpResponseStream = {
  /** Give an HTTP answer its status, headers and cookies: JSON and eight NUL bytes before the body. */
  from(stream, metadata) {
    stream.setContentType(INTEGRATION_RESPONSE);
    stream.write(JSON.stringify(metadata));
    stream.write(new Uint8Array(8));
    return stream;
  },
};

/** Provide the global `awslambda`. */
function provideGlobal() {
  globalThis.awslambda = {
    streamifyResponse: (handler) => Object.assign(handler, { [MARK]: 'response' }),
    HttpResponseStream,
  };
}

/** Whether a handler streams. Throws where it asks for another kind of streaming. */
function isStreaming(handler) {
  if (!handler[MARK]) return false;
  if (handler[MARK] === 'response') return true;
  throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
}

module.exports = { ResponseStream, provideGlobal, isStreaming };
