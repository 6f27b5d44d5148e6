package dev.mooring.adapter.mcp;

import dev.mooring.adapter.mcp.Refusal.NotThisEra;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ProtocolVersion.Era;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Opens connections in the era that the server speaks (MCP 2026-07-28, backward compatibility).
 *
 * <p>An operator who names a revision decides the era. Else the modern era is tried first, and the
 * legacy one if the server's refusal shows that it does not know the modern. What was found is
 * remembered for the address for a while, so that a legacy server is not asked each time; a server
 * that changes its mind costs one more request.
 */
final class EraDetection {
    private static final int MOST_REMEMBERED = 1024;
    private static final Duration MEMORY = Duration.ofHours(1);

    private final ClientInfo self;
    private final InstantSource clock;
    private final Map<String, Finding> findings = new LinkedHashMap<>(16, 0.75f, true);

    EraDetection(ClientInfo self, InstantSource clock) {
        this.self = self;
        this.clock = clock;
    }

    private record Finding(Era era, Instant until) {}

    Outcome<LiveConnection> open(Endpoint endpoint, Budget budget) {
        Connection connection = endpoint.connection();
        Optional<ProtocolVersion> pinned = connection.protocolVersion();
        return switch (connection.transport()) {
            case HTTP_WITH_SSE ->
                    pinned.isPresent() && !LegacyConnection.speaks(pinned.get())
                            ? unsupported(endpoint)
                            : LegacyConnection.open(
                                    endpoint, new LegacySse(endpoint), self, budget);
            case STREAMABLE_HTTP ->
                    pinned.map(version -> open(endpoint, version, budget))
                            .orElseGet(() -> detect(endpoint, budget));
        };
    }

    /** Forgets what was found: the server does not behave like that any more. */
    void forget(Endpoint endpoint) {
        synchronized (findings) {
            findings.remove(key(endpoint));
        }
    }

    private Outcome<LiveConnection> open(Endpoint endpoint, ProtocolVersion pinned, Budget budget) {
        return LegacyConnection.speaks(pinned) || ModernConnection.speaks(pinned)
                ? open(endpoint, pinned.era(), budget)
                : unsupported(endpoint);
    }

    private Outcome<LiveConnection> detect(Endpoint endpoint, Budget budget) {
        Era likely = remembered(endpoint).orElse(Era.MODERN);
        return open(endpoint, likely, budget)
                .otherwise(refusal ->
                        refusal instanceof NotThisEra
                                ? open(endpoint, other(likely), budget)
                                : Outcome.refused(refusal))
                .map(connection -> {
                    remember(endpoint, connection.server().protocolVersion().era());
                    return connection;
                });
    }

    private Outcome<LiveConnection> open(Endpoint endpoint, Era era, Budget budget) {
        return switch (era) {
            case MODERN -> ModernConnection.open(endpoint, self, budget);
            case LEGACY -> LegacyConnection.open(endpoint, new LegacyHttp(endpoint), self, budget);
        };
    }

    private Optional<Era> remembered(Endpoint endpoint) {
        synchronized (findings) {
            return Optional.ofNullable(findings.get(key(endpoint)))
                    .filter(finding -> finding.until().isAfter(clock.instant()))
                    .map(Finding::era);
        }
    }

    private void remember(Endpoint endpoint, Era era) {
        synchronized (findings) {
            findings.put(key(endpoint), new Finding(era, clock.instant().plus(MEMORY)));
            if (findings.size() > MOST_REMEMBERED) {
                findings.remove(findings.keySet().iterator().next());
            }
        }
    }

    private static String key(Endpoint endpoint) {
        return endpoint.connection().server().origin() + endpoint.uri().getRawPath();
    }

    private static Era other(Era era) {
        return switch (era) {
            case MODERN -> Era.LEGACY;
            case LEGACY -> Era.MODERN;
        };
    }

    private static Outcome<LiveConnection> unsupported(Endpoint endpoint) {
        return Outcome.refused(
                new Refusal.Failed(LiveConnection.unsupported(endpoint.host(), List.of())));
    }
}
