package dev.mooring.adapter.persistence;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.random.RandomGenerator;

import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that secrets are encrypted with. Which one of them is current, that is, seals what is
 * written from now on, is the database's to say; the others only open what was sealed before. For a
 * database that was never used, it is the first one.
 *
 * <p>As text: one key a line, {@code <key id> <32 bytes in base64>}; blank lines and lines that
 * begin with {@code #} are passed over.
 */
public final class EncryptionKeys {

    private static final int KEY_BYTES = 32;
    private static final byte[] FINGERPRINT = "mooring key fingerprint 1".getBytes(US_ASCII);
    private static final String KEY_ID = "[A-Za-z0-9._-]{1,32}";

    private final SequencedMap<String, SecretKey> byId;

    private EncryptionKeys(SequencedMap<String, SecretKey> byId) {
        this.byId = byId;
    }

    /**
     * Reads keys from text.
     *
     * @param source what to call the text in messages, which never quote it
     * @throws DatabaseUnusableException if a line is not a key or there is none
     */
    public static EncryptionKeys parse(String source, String text) {
        SequencedMap<String, SecretKey> keys = new LinkedHashMap<>();
        List<String> lines = text.lines().map(String::strip).toList();
        for (int number = 1; number <= lines.size(); number++) {
            String line = lines.get(number - 1);
            if (!line.isEmpty() && !line.startsWith("#")) {
                String[] parts = line.split("\\s+", -1);
                Optional<SecretKey> key =
                        parts.length == 2 && parts[0].matches(KEY_ID)
                                ? key(parts[1])
                                : Optional.empty();
                if (key.isEmpty() || keys.putIfAbsent(parts[0], key.get()) != null) {
                    throw new DatabaseUnusableException(
                            "Line %d of %s is not a new key: expected an id of letters, digits, dots, hyphens or underscores, a space, and 32 bytes in base64"
                                    .formatted(number, source));
                }
            }
        }
        if (keys.isEmpty()) {
            throw new DatabaseUnusableException("There is no encryption key in " + source);
        }
        return new EncryptionKeys(keys);
    }

    private static Optional<SecretKey> key(String base64) {
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            return bytes.length == KEY_BYTES
                    ? Optional.of(new SecretKeySpec(bytes, "HKDF-SHA256"))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** A random key with a random id, as the line of a text that {@link #parse} reads. */
    public static String newLine(RandomGenerator random) {
        byte[] id = new byte[4];
        byte[] key = new byte[KEY_BYTES];
        random.nextBytes(id);
        random.nextBytes(key);
        return "key-%s %s%n"
                .formatted(HexFormat.of().formatHex(id), Base64.getEncoder().encodeToString(key));
    }

    /** The id of the key that seals in a database that no other key was used with. */
    String firstId() {
        return byId.firstEntry().getKey();
    }

    /** The ids, in the order of the text. */
    public Set<String> ids() {
        return Collections.unmodifiableSet(byId.keySet());
    }

    Optional<SecretKey> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** These keys and those of the others whose ids are new. */
    EncryptionKeys with(EncryptionKeys others) {
        SequencedMap<String, SecretKey> all = new LinkedHashMap<>(byId);
        others.byId.forEach(all::putIfAbsent);
        return new EncryptionKeys(all);
    }

    /** Tells one key from another without telling anything about either. */
    Optional<byte[]> fingerprint(String id) {
        return find(id).map(EncryptionKeys::fingerprint);
    }

    private static byte[] fingerprint(SecretKey key) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(key)
                                    .thenExpand(FINGERPRINT, KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java platform lacks HKDF-SHA256", e);
        }
    }

    /** The ids only. */
    @Override
    public String toString() {
        return "EncryptionKeys" + byId.keySet();
    }
}
