package dev.mooring.adapter.http;

import java.time.Duration;
import java.util.Optional;

/**
 * What one call may cost at most.
 *
 * @param connect for the TCP connection to one address, for its TLS handshake, and for the look-up
 *     of its name, each
 * @param read the longest silence while waiting for the answer or its next bytes
 * @param whole from the start of the call to the last byte of the answer, however busily it drips;
 *     absent only for streams that are meant to stay open
 * @param bodyBytes the largest answer body
 */
public record CallLimits(
        Duration connect, Duration read, Optional<Duration> whole, long bodyBytes) {

    /** Small answers at once: 3 s to connect, 10 s of silence, 15 s in all, 1 MiB. */
    public static final CallLimits DEFAULT =
            new CallLimits(
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(10),
                    Optional.of(Duration.ofSeconds(15)),
                    1 << 20);

    public CallLimits {
        requirePositive("connect", connect);
        requirePositive("read", read);
        whole.ifPresent(duration -> requirePositive("whole", duration));
        if (bodyBytes < 0) {
            throw new IllegalArgumentException("bodyBytes is negative");
        }
    }

    public CallLimits withRead(Duration read) {
        return new CallLimits(connect, read, whole, bodyBytes);
    }

    public CallLimits withWhole(Duration whole) {
        return new CallLimits(connect, read, Optional.of(whole), bodyBytes);
    }

    public CallLimits withoutWhole() {
        return new CallLimits(connect, read, Optional.empty(), bodyBytes);
    }

    /** Whether the call has no end of its own. */
    boolean isStream() {
        return whole.isEmpty();
    }

    public CallLimits withBodyBytes(long bodyBytes) {
        return new CallLimits(connect, read, whole, bodyBytes);
    }

    private static void requirePositive(String name, Duration duration) {
        if (!duration.isPositive()) {
            throw new IllegalArgumentException(name + " is not positive");
        }
    }
}
