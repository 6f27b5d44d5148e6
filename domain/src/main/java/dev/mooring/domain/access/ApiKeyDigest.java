package dev.mooring.domain.access;

/**
 * SHA-256 of an {@link ApiKeySecret}. A generated key has 256 random bits, which no slow hash could
 * protect better; look-up by digest also compares without a timing channel.
 */
public record ApiKeyDigest(String value) {
    @Override
    public String toString() {
        return "[digest]";
    }
}
