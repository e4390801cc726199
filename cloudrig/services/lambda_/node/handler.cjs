'use strict';
// From `src/app.handler` to the function: CommonJS and ES modules, as Lambda's Node runtimes look for them.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html

const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { RuntimeError } = require('./errors.cjs');

/** Find the handler that `name` names below `root`. Throws a RuntimeError, or what the module throws. */
async function loadHandler(root, name) {
  if (name.includes('..')) {
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const { dir, base } = path.parse(name);
  const [, file, exported] = /^([^.]*)\.(.*)$/.exec(base) ?? [];
  if (file === undefined) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const loaded = await loadModule(root, dir, file);
  const handler = exported.split('.').reduce((value, key) => value?.[key], loaded);
  if (!handler) throw new RuntimeError('HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeError('HandlerNotFound', `${name} is not a function`);
  return handler;
}

async function loadModule(root, dir, file) {
  try {
    const place = path.resolve(root, dir, file);
    for (const [extension, load] of await candidates(place)) {
      if (existsSync(place + extension)) return await load(place + extension);
    }
    return require(require.resolve(file, { paths: [root, path.resolve(root, dir)] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', String(error));
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      throw new RuntimeError('ImportModuleError', String(error) + aboutTheSdk(String(error)));
    }
    throw error;
  }
}

/** What to do where it is the AWS SDK that is not found: AWS's runtimes bring it, this machine's Node.js does not. */
function aboutTheSdk(text) {
  const [, name] = /Cannot find (?:module|package) '((?:@aws-sdk|@smithy)\/[^'/]+|aws-sdk)/.exec(text) ?? [];
  if (name === undefined) return '';
  if (name === 'aws-sdk') return `\ncloudrig: AWS's runtimes from nodejs18.x on have no aws-sdk (version 2) either; use @aws-sdk/…`;
  return (
    `\ncloudrig: AWS's Node.js runtimes carry the AWS SDK v3, this machine's Node.js does not. Run \`npm install ${name}\`` +
    ' in the folder that the rig is started from and start it again, or deploy node_modules with your code, bundle it (`esbuild --bundle --platform=node`), or publish it as a layer (nodejs/node_modules)'
  );
}

/** What a handler's file may be called, in the order in which Lambda looks, and how each is loaded. */
async function candidates(place) {
  const load = (file) => import(pathToFileURL(file).href);
  const typescript = Number(process.versions.node.split('.')[0]) >= 24;
  const js = isModule(path.dirname(place)) ? load : require;
  return [['.js', js], ['.mjs', load], ['.cjs', require], ...(typescript ? [['.ts', js], ['.mts', load], ['.cts', require]] : [])];
}

/** Whether the nearest package.json says `"type": "module"`. */
function isModule(folder) {
  if (path.basename(folder) === 'node_modules') return false;
  const file = path.join(folder, 'package.json');
  if (existsSync(file)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8')).type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read; its "type" is taken for commonjs`, error);
      return false;
    }
  }
  return path.dirname(folder) !== folder && isModule(path.dirname(folder));
}

module.exports = { loadHandler };
