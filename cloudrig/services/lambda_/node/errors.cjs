'use strict';
// Errors of the runtime itself, and how any error looks in answers and logs.

const { types } = require('node:util');

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = `Runtime.${name}`;
  }
}

function looksLikeError(value) {
  return types.isNativeError(value) || ['name', 'message', 'stack'].every((key) => typeof value?.[key] === 'string');
}

/** What the caller of a function gets: `{errorType, errorMessage, trace}`; of thrown values that are no errors, their text. */
function toAnswer(error) {
  if (looksLikeError(error)) {
    return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

/** An error on one line of JSON, with whatever properties it was given. */
function toLogLine(value) {
  const error = value instanceof Error ? value : new Error(value);
  const plain = (_key, one) => {
    if (!(one instanceof Error)) return one;
    const stack = typeof one.stack === 'string' ? one.stack.split('\n') : undefined;
    return { errorType: one.name, errorMessage: one.message, code: one.code, ...one, stack };
  };
  try {
    return JSON.stringify(error, plain);
  } catch {
    return JSON.stringify(toAnswer(error));
  }
}

module.exports = { RuntimeError, toAnswer, toLogLine };
