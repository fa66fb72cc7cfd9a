"""Outcomes of test runs turned into fitness: required tests, flaky tests, the order of offspring, the ledger."""
