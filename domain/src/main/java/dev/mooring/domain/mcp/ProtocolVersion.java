package dev.mooring.domain.mcp;

import static dev.mooring.domain.InvalidValueException.require;

/** A revision of MCP, named by its date; ISO dates order as strings. */
public record ProtocolVersion(String value) implements Comparable<ProtocolVersion> {
    public static final ProtocolVersion V2024_11_05 = new ProtocolVersion("2024-11-05");
    public static final ProtocolVersion V2025_03_26 = new ProtocolVersion("2025-03-26");
    public static final ProtocolVersion V2025_06_18 = new ProtocolVersion("2025-06-18");
    public static final ProtocolVersion V2025_11_25 = new ProtocolVersion("2025-11-25");
    public static final ProtocolVersion V2026_07_28 = new ProtocolVersion("2026-07-28");

    public ProtocolVersion {
        require(
                value.matches("\\d{4}-\\d{2}-\\d{2}"),
                "protocol_version",
                "must be a date like 2026-07-28");
    }

    /** Which set of transport rules this revision follows. */
    public Era era() {
        return compareTo(V2026_07_28) >= 0 ? Era.MODERN : Era.LEGACY;
    }

    @Override
    public int compareTo(ProtocolVersion other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }

    /** The two families of transport rules. */
    public enum Era {
        /** A handshake with {@code initialize}, and usually a session id. */
        LEGACY,
        /** No handshake and no session: every request says what it needs. */
        MODERN
    }
}
