// The same for Node.js. Runs on Lambda, not here: `test_functions.py` deploys this file.

export const fail = async (event) => {
  throw new TypeError(event);
};

export const speak = async () => {
  console.log('logged\nin two lines');
};
