// A reporter of vitest that tells what each test did, as events of forkmerge (see ../pytest_plugin.py).
// Since vitest 3 modules are told one by one as they end (onTestModuleEnd), before that all at the end (onFinished).
import { writeSync, openSync, realpathSync } from 'node:fs';
import { relative } from 'node:path';

const fd = openSync(process.env.FORKMERGE_EVENTS, 'a');
const root = realpathSync(process.env.FORKMERGE_ROOT || '.');
const selected = process.env.FORKMERGE_SELECTED === '1';
const send = (e, fields) => writeSync(fd, JSON.stringify({ e, ...fields }) + '\n');
const place = (file) => {
  let real = file;
  try { real = realpathSync(file); } catch { /* a virtual module */ }
  return relative(root, real).replaceAll('\\', '/');
};
// The lines of a message that say something; a first line that only announces is joined with what it announces.
function shortened(text) {
  const lines = text.replace(/\u001b\[[0-9;]*m/g, '').split('\n').filter((line) => line.trim() && !/^\s+at /.test(line)).slice(0, 8);
  const joined = /:$|(?:equality)$/.test(lines[0] || '') ? [lines.slice(0, 4).join(' '), ...lines.slice(4)] : lines;
  return joined.join('\n').slice(0, 800);
}
const plain = (error) => shortened(String((error && error.message) || error || ''));

send('load', {});
export default class {
  seen = new Set();
  began = false;

  begin() {
    if (!this.began) send('session', { node: process.version, w: Date.now() / 1000 });
    this.began = true;
  }

  onInit() { this.begin(); }

  onTestModuleEnd(module) {
    this.tell(module.task ?? module);
  }

  onFinished(files) {
    for (const file of files ?? []) this.tell(file);
    this.finish();
  }

  onTestRunEnd(modules) {
    for (const module of modules ?? []) this.tell(module.task ?? module);
    this.finish();
  }

  finish() {
    if (!this.done) send('finish', { x: 0 });
    this.done = true;
  }

  tell(file) {
    this.begin();
    const key = file.id ?? file.filepath;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const where = place(file.filepath ?? file.moduleId ?? file.name);
    const state = file.result && file.result.state;
    const errors = (file.result && file.result.errors) || [];
    if (state === 'fail' && errors.length) send('collect', { n: where, s: 'error', m: plain(errors[0]) });
    for (const task of file.tasks ?? []) this.walk(task, [where], '');
  }

  walk(task, above, broken) {
    const names = [...above, task.name];
    const result = task.result ?? {};
    const own = ((result.errors || [])[0] && plain(result.errors[0])) || '';
    if (task.type === 'suite') {
      for (const each of task.tasks ?? []) this.walk(each, names, result.state === 'fail' && own ? own : broken);
      return;
    }
    let s = { pass: 'passed', fail: 'failed', skip: 'skipped', todo: 'skipped' }[result.state ?? task.mode] ?? 'skipped';
    let m = s === 'failed' ? own : '';
    if (broken && s === 'skipped' && task.mode === 'run') [s, m] = ['error', broken];
    if (selected && s === 'skipped') return;
    send('end', { n: names.join('::'), s, t: (result.duration ?? 0) / 1000, m });
  }
}
