package dev.mooring.domain;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** Makes the random part of identifiers and secrets from the randomness that is handed in. */
public final class Identifiers {
    private Identifiers() {}

    /** 128 random bits as 32 lower-case hexadecimal digits: enough for two never to meet. */
    public static String random128(RandomGenerator random) {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
