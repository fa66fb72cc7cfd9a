// A reporter of mocha that tells what each test did, as events of forkmerge (see ../pytest_plugin.py).
// Tests that a failed hook kept from running are reported with its words.  It is required first as well: then it sees to
// it that a file that can't be loaded is told and left out, where mocha would stop and run nothing at all.
'use strict';
const fs = require('fs');
const path = require('path');

const fd = fs.openSync(process.env.FORKMERGE_EVENTS, 'a');
const root = fs.realpathSync(process.env.FORKMERGE_ROOT || '.');
const send = (e, fields) => fs.writeSync(fd, JSON.stringify({ e, ...fields }) + '\n');
const place = (file) => (file ? path.relative(root, fs.realpathSync(file)).replace(/\\/g, '/') : '');
// The lines of a message that say something; a first line that only announces is joined with what it announces.
function shortened(text) {
  const lines = text.replace(/\u001b\[[0-9;]*m/g, '').split('\n').filter((line) => line.trim() && !/^\s+at /.test(line)).slice(0, 8);
  const joined = /:$|(?:equality)$/.test(lines[0] || '') ? [lines.slice(0, 4).join(' '), ...lines.slice(4)] : lines;
  return joined.join('\n').slice(0, 800);
}
const plain = (error) => shortened(String((error && error.message) || error || ''));
const titles = (test) => (typeof test.titlePath === 'function' ? test.titlePath() : [test.fullTitle()]);
const name = (test) => [place(test.file), ...titles(test)].join('::');

send('load', {});
for (const [file, loaded] of Object.entries(require.cache)) {
  if (/[\\/]mocha[\\/]lib[\\/](?:nodejs[\\/])?esm-utils\.c?js$/.test(file) && loaded.exports.loadFilesAsync) {
    const load = loaded.exports.loadFilesAsync;
    loaded.exports.loadFilesAsync = async (files, ...rest) => {
      for (const each of files) {
        try {
          await load([each], ...rest);
        } catch (error) {
          send('collect', { n: place(path.resolve(each)), s: 'error', m: plain(error) });
          console.log(`can't be loaded: ${each}\n  ${plain(error)}`);
        }
      }
    };
  }
}

module.exports = function Reporter(runner) {
  const ended = new Set();
  const hooks = [];
  const end = (test, s, m) => {
    ended.add(name(test));
    send('end', { n: name(test), s, t: (test.duration || 0) / 1000, m: m || '' });
  };
  send('session', { node: process.version, w: Date.now() / 1000 });
  runner.on('test', (test) => send('start', { n: name(test), w: Date.now() / 1000 }));
  runner.on('pass', (test) => end(test, 'passed'));
  runner.on('pending', (test) => end(test, 'skipped'));
  runner.on('fail', (test, error) => {
    const m = plain(error);
    if (test.type !== 'hook') {
      end(test, /Timeout of \d+ms exceeded/.test(m) ? 'timeout' : 'failed', m);
      console.log(`not ok: ${titles(test).join(' ')}\n  ${m}`);
      return;
    }
    const current = test.ctx && test.ctx.currentTest;
    if (current && !ended.has(name(current))) end(current, 'error', `${test.title}: ${m}`);
    hooks.push([titles(test.parent), `${test.title}: ${m}`]);
    console.log(`not ok: ${test.title}\n  ${m}`);
  });
  runner.once('end', () => {
    const matches = (test) => !runner._grep || runner._grep.test(test.fullTitle()) !== Boolean(runner._invert);
    if (runner.suite && runner.suite.eachTest) {
      runner.suite.eachTest((test) => {
        const of = titles(test);
        const found = hooks.find(([above]) => above.every((title, i) => of[i] === title));
        if (found && matches(test) && !ended.has(name(test))) {
          send('start', { n: name(test), w: Date.now() / 1000 });
          end(test, 'error', found[1]);
        }
      });
    }
    send('finish', { x: 0 });
  });
};
