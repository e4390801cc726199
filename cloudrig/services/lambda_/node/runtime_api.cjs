'use strict';
// The client of the Lambda Runtime API: one connection, one request at a time.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

const http = require('node:http');
const { toAnswer } = require('./errors.cjs');
const { ResponseStream } = require('./streaming.cjs');

class RuntimeApi {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  #base;

  constructor(address) {
    this.#base = `http://${address}/2018-06-01/runtime`;
  }

  /** The next event: `{headers, body}`. */
  next() {
    return this.#call('GET', '/invocation/next');
  }

  respond(id, body) {
    return this.#call('POST', `/invocation/${id}/response`, {}, body);
  }

  fail(id, error) {
    return this.#report(`/invocation/${id}/error`, error);
  }

  failInit(error) {
    return this.#report('/init/error', error);
  }

  /** A stream for the answer to an event. */
  stream(id) {
    return new ResponseStream((contentType) => {
      const headers = {
        'Content-Type': contentType,
        'Lambda-Runtime-Function-Response-Mode': 'streaming',
        'Transfer-Encoding': 'chunked',
        Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
      };
      return this.#open('POST', `/invocation/${id}/response`, headers);
    });
  }

  #report(path, error) {
    const answer = toAnswer(error);
    const type = answer.errorType.replace(/[^\x20-\x7e]/g, '?');
    return this.#call('POST', path, { 'Lambda-Runtime-Function-Error-Type': type }, JSON.stringify(answer));
  }

  #call(method, path, headers = {}, body = '') {
    if (method === 'POST') headers['Content-Length'] = Buffer.byteLength(body);
    const [request, answered] = this.#open(method, path, headers);
    request.end(body);
    return answered;
  }

  #open(method, path, headers) {
    let request;
    const answered = new Promise((resolve, reject) => {
      request = http.request(this.#base + path, { method, headers, agent: this.#agent }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
        response.on('error', reject);
      });
      request.on('error', reject);
    });
    return [request, answered];
  }
}

module.exports = { RuntimeApi };
