/**
 * Reads the failed tests from the JSON reports of vitest and Playwright. `npm test` ends with their names, so that the
 * last lines of a long log show what is wrong.
 */
import { existsSync, readFileSync } from 'node:fs';

/** Maximum lines of an error's message. */
const LINES = 4;

/**
 * @typedef {object} Failure
 * @property {string} name The test's file and title.
 * @property {string} message The beginning of its first error, without colours.
 * @property {boolean} passedLater Whether it passed on a retry.
 */

/**
 * @typedef {object} VitestReport
 * @property {{ name: string, message: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }[]} testResults
 */

/**
 * @typedef {object} PlaywrightSuite
 * @property {PlaywrightSuite[]} [suites]
 * @property {{ title: string, file: string, line: number, tests: { status: string, results: { error?: { message?: string } }[] }[] }[]} specs
 */

/** @param {string | undefined} message */
function beginning(message) {
  // Colours begin with the escape character.
  const plain = (message ?? '').replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');
  return plain
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, LINES)
    .join('\n');
}

/** @param {VitestReport} report @returns {Failure[]} */
function ofVitest({ testResults }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    // A file that could not be loaded has no test results.
    if (failed.length === 0 && message) return [{ name, message: beginning(message), passedLater: false }];
    return failed.map(({ fullName, failureMessages }) => ({
      name: `${name} › ${fullName}`,
      message: beginning(failureMessages[0]),
      passedLater: false,
    }));
  });
}

/** @param {PlaywrightSuite} suite @returns {Failure[]} */
function ofPlaywright({ suites = [], specs }) {
  const own = specs.flatMap(({ title, file, line, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ status, results }) => ({
        name: `${file}:${line} › ${title}`,
        message: beginning(results.find(({ error }) => error !== undefined)?.error?.message),
        passedLater: status === 'flaky',
      })),
  );
  return [...own, ...suites.flatMap(ofPlaywright)];
}

/**
 * The tests that failed, or passed only on a retry. Empty if there is no such file.
 *
 * @param {string} file JSON of vitest's or of Playwright's reporter.
 * @returns {Failure[]}
 */
export function failuresIn(file) {
  if (!existsSync(file)) return [];
  const report = JSON.parse(readFileSync(file, 'utf8'));
  return 'testResults' in report ? ofVitest(report) : ofPlaywright({ suites: report.suites, specs: [] });
}
