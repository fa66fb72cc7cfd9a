// A reporter of jest that tells what each test did, as events of forkmerge (see ../pytest_plugin.py).
'use strict';
const fs = require('fs');
const path = require('path');

const fd = fs.openSync(process.env.FORKMERGE_EVENTS, 'a');
const root = fs.realpathSync(process.env.FORKMERGE_ROOT || '.');
const selected = process.env.FORKMERGE_SELECTED === '1';
const send = (e, fields) => fs.writeSync(fd, JSON.stringify({ e, ...fields }) + '\n');
const place = (file) => path.relative(root, fs.realpathSync(file)).replace(/\\/g, '/');
// The lines of a message that say something; a first line that only announces is joined with what it announces.
function shortened(text) {
  const lines = text.replace(/\u001b\[[0-9;]*m/g, '').split('\n').filter((line) => line.trim() && !/^\s+at /.test(line)).slice(0, 8);
  const joined = /:$|(?:equality)$/.test(lines[0] || '') ? [lines.slice(0, 4).join(' '), ...lines.slice(4)] : lines;
  return joined.join('\n').slice(0, 800);
}
const plain = (error) => shortened(String((error && error.message) || error || ''));
const states = { passed: 'passed', failed: 'failed', pending: 'skipped', skipped: 'skipped', disabled: 'skipped', todo: 'skipped', focused: 'passed' };

send('load', {});
module.exports = class {
  onRunStart() { send('session', { node: process.version, w: Date.now() / 1000 }); }

  onTestResult(test, result) {
    const file = place(result.testFilePath);
    const cases = result.testResults || [];
    for (const each of cases) {
      const s = states[each.status] || 'error';
      if (selected && s === 'skipped') continue;
      const n = [file, ...(each.ancestorTitles || []), each.title].join('::');
      send('end', { n, s, t: (each.duration || 0) / 1000, m: s === 'passed' ? '' : plain((each.failureMessages || [])[0]) });
    }
    if (!cases.length && (result.testExecError || result.failureMessage)) {
      const error = result.testExecError;
      send('collect', { n: file, s: 'error', m: plain((error && error.message) || result.failureMessage) });
    }
  }

  onRunComplete() { send('finish', { x: 0 }); }

  getLastError() {}
};
