// Test runners, linters and formatters: each runs code or settings of the project, and some write.
import { does, unfollowed } from "./deeds.ts";
import type { Program } from "./program.ts";

// Asking for a version is harmless only where it is said: many of these first load a copy of themselves from the project (jest, webpack, ng, rails), or its
// settings and plugins (pytest, tox, flake8).
const runner = (names: string, harmless = "", says = "it runs code of the project"): Program => unfollowed(names, does("project-code", says), harmless);

export const tests: readonly Program[] = [
  runner("vitest jest mocha ava tap jasmine karma cypress playwright nyc c8 qunit uvu testcafe wdio web-test-runner wtr nightwatch japa"),
  runner("pytest py.test nose2 nosetests tox nox unittest behave hypothesis coverage trial robot green"),
  runner("rspec cucumber minitest m guard spring rails bin-rails rackup puma hanami"),
  runner("phpunit pest behat codecept infection artisan phpstan psalm rector"),
  runner("gotestsum ginkgo richgo air"),
  runner("bats shellspec shunit2 roundup cram", "--version, --help"),
  runner(
    "tslint standard xo oxlint stylelint rome knip dprint markdownlint commitlint lint-staged husky svelte-check vue-tsc attw publint",
    undefined,
    "it runs the project's settings, which may be code",
  ),
  runner(
    "vite webpack rollup rolldown esbuild parcel swc babel tsup unbuild next nuxt astro remix gatsby ng vue svelte storybook start-storybook expo react-native electron snowpack microbundle ncc",
    undefined,
    "it builds or serves the project",
  ),
  runner(
    "pyright flake8 pylint bandit pyflakes pycodestyle autopep8 yapf pre-commit pyre pytype vulture radon",
    undefined,
    "it runs the project's settings, which may be code",
  ),
  runner("rubocop standardrb reek brakeman sorbet srb steep erblint", undefined, "it runs the project's settings, which may be code"),
  runner("mypy ruff black isort eslint prettier biome", "--version, -V, --help", "it runs the project's settings, which may be code"),
  runner("golangci-lint staticcheck revive gofumpt goimports errcheck gosec", "--version, version, -version, --help, -h"),
  // Without options it prints what it would write; still -w writes, so it is asked about as a whole.
  runner(
    "gofmt shfmt clang-format clang-tidy cppcheck iwyu rustfmt-nightly stylua zigfmt ocamlformat google-java-format ktlint detekt checkstyle",
    undefined,
    "it may rewrite files",
  ),
  runner("shellcheck hadolint yamllint actionlint tflint ansible-lint vale proselint", "--version, -V, -v, --help, -h"),
  runner("django-admin manage.py flask uvicorn gunicorn celery alembic streamlit jupyter jupyter-lab jupyter-notebook nbconvert papermill airflow dbt scrapy"),
  runner(
    "prisma drizzle-kit typeorm sequelize knex supabase wrangler vercel netlify firebase serverless sls sam cdk amplify heroku fly flyctl railway render",
    undefined,
    "it reaches a service, or changes a database",
  ),
];
