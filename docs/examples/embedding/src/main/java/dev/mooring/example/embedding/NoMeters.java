package dev.mooring.example.embedding;

import dev.mooring.application.port.DebtMeter;
import dev.mooring.application.port.Outbox;

/** Counts nothing, as this host has no metrics. */
final class NoMeters implements DebtMeter {
    @Override
    public void count(Kind kind, Result result) {}

    @Override
    public void owed(Kind kind, Outbox.Backlog backlog) {}
}
