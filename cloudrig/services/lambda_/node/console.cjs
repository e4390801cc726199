'use strict';
// console.log and the like as Lambda writes them: `{time}\t{request id}\t{LEVEL}\t{text}`, or one JSON object per line.
// Each entry goes as one frame to the telemetry descriptor, so that an entry of several lines stays one log event.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html

const { format } = require('node:util');
const { writeSync } = require('node:fs');
const { toLogLine } = require('./errors.cjs');

const FRAME_START = 0xa55a0003;
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const METHODS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };

let requestId;
let json = false;

/** Replace the methods of the global console, as the function's logging configuration wants them. */
function patchConsole(environment) {
  const descriptor = Number(environment._LAMBDA_TELEMETRY_LOG_FD ?? 1);
  const framed = environment._LAMBDA_TELEMETRY_LOG_FD !== undefined;
  delete environment._LAMBDA_TELEMETRY_LOG_FD;
  json = environment.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
  const least = Math.max(LEVELS.indexOf(environment.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()), 0);
  for (const [method, level] of Object.entries(METHODS)) {
    const rank = LEVELS.indexOf(level);
    const write = (...values) => {
      const entry = `${json ? jsonEntry(level, values) : textEntry(level, values)}\n`;
      writeAll(descriptor, framed ? frame(entry, rank) : Buffer.from(entry));
    };
    console[method] = rank >= least ? write : () => {};
  }
}

function setRequestId(id) {
  requestId = id;
}

/** Log an error that ends an event or the process, after a word on what it ended. */
function logFailure(what, error) {
  if (json) console.error(error instanceof Error ? error : new Error(error));
  else console.error(what, `\t${toLogLine(error)}`);
}

function textEntry(level, values) {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...values)}`;
}

function jsonEntry(level, values) {
  const entry = { timestamp: new Date().toISOString(), level, requestId };
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...entry, message: values[0] }, (_key, value) => (value instanceof Error ? { ...described(value), ...value } : value));
    } catch {
      return JSON.stringify({ ...entry, message: format(values[0]) });
    }
  }
  const error = values.find((value) => value instanceof Error);
  return JSON.stringify({ ...entry, message: format(...values), ...(error && described(error)) });
}

function described(error) {
  const stackTrace = typeof error.stack === 'string' ? error.stack.split('\n') : [];
  return { errorType: error.constructor?.name ?? 'UnknownError', errorMessage: error.message, stackTrace };
}

/** Four bytes of type, four of length, eight of time in microseconds, then the entry; big-endian. */
function frame(entry, rank) {
  const text = Buffer.from(entry);
  const head = Buffer.alloc(16);
  head.writeUInt32BE((FRAME_START | ((rank + 1) << 2)) >>> 0, 0);
  head.writeUInt32BE(text.length, 4);
  head.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  return Buffer.concat([head, text]);
}

/** Write everything, however full the pipe is: process.stdout makes the descriptor non-blocking. */
function writeAll(descriptor, data) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let at = 0; at < data.length; ) {
    try {
      at += writeSync(descriptor, data, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

module.exports = { patchConsole, setRequestId, logFailure };
