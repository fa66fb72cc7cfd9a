// A reporter of node:test that tells what each test did, as events of forkmerge (see ../pytest_plugin.py).
// Suites are no tests; a test with subtests is one, and so is each of them.  A file that can't be loaded is reported as
// not collected, one that holds no test at all as one test.
import { writeSync, openSync, realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const fd = openSync(process.env.FORKMERGE_EVENTS, 'a');
const root = realpathSync(process.env.FORKMERGE_ROOT || '.');
const send = (e, fields) => writeSync(fd, JSON.stringify({ e, ...fields }) + '\n');
const place = (file) => {
  let real = file;
  try { real = realpathSync(file); } catch { /* it is told by its own name */ }
  return relative(root, real).replaceAll('\\', '/');
};

// The lines of a message that say something; a first line that only announces is joined with what it announces.
function shortened(text) {
  const lines = text.replace(/\u001b\[[0-9;]*m/g, '').split('\n').filter((line) => line.trim() && !/^\s+at /.test(line)).slice(0, 8);
  const joined = /:$|(?:equality)$/.test(lines[0] || '') ? [lines.slice(0, 4).join(' '), ...lines.slice(4)] : lines;
  return joined.join('\n').slice(0, 800);
}
function words(error) {
  let found = error;
  while (found && found.code === 'ERR_TEST_FAILURE' && found.cause) found = found.cause;
  const text = found instanceof Error || (found && found.message) ? found.message : String(found ?? '');
  return shortened(text);
}

send('load', {});
export default async function* report(source) {
  const stacks = new Map();
  const said = new Map();
  send('session', { node: process.version, w: Date.now() / 1000 });
  for await (const { type, data } of source) {
    const file = data && data.file;
    if (type === 'test:stderr' && file) {
      said.set(file, ((said.get(file) ?? '') + data.message).slice(0, 4000));
    } else if (type === 'test:start') {
      const stack = stacks.get(file) ?? [];
      stack.length = data.nesting;
      stack[data.nesting] = data.name;
      stacks.set(file, stack);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const details = data.details ?? {};
      const failure = details.error && details.error.failureType;
      if (data.skip === 'test name does not match pattern') continue;
      if (details.type === 'suite' && (type === 'test:pass' || failure === 'subtestsFailed')) continue;
      const status = type === 'test:fail'
        ? (data.todo !== undefined && data.todo !== false ? 'xfailed' : failure === 'testTimeoutFailure' ? 'timeout' : failure === 'hookFailed' || failure === 'cancelledByParent' ? 'error' : 'failed')
        : data.skip !== undefined && data.skip !== false || data.todo !== undefined && data.todo !== false ? 'skipped' : 'passed';
      const whole = data.nesting === 0 && file && resolve(data.name) === resolve(file);
      const m = status === 'passed' ? '' : words(details.error);
      if (whole && type === 'test:fail') {
        const lines = (said.get(file) ?? '').split('\n').filter((line) => line.trim());
        const error = lines.findIndex((line) => /^\w*(Error|Exception)\b/.test(line.trim()));
        send('collect', { n: place(file), s: 'error', m: (error < 0 ? lines.slice(-8) : lines.slice(error, error + 6)).join('\n').slice(0, 800) || m });
        continue;
      }
      const names = whole ? ['(whole file)'] : [...(stacks.get(file) ?? []).slice(0, data.nesting), data.name];
      send('end', { n: [file ? place(file) : '', ...names].join('::'), s: status, t: (details.duration_ms ?? 0) / 1000, m });
    }
  }
  send('finish', { x: 0 });
}
