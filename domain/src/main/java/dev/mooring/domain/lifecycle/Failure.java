package dev.mooring.domain.lifecycle;

import java.time.Instant;

/** A problem and when it happened: the last failure of a client. */
public record Failure(Problem problem, Instant at) {}
