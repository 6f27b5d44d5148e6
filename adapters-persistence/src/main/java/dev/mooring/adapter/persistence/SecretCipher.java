package dev.mooring.adapter.persistence;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mooring.application.port.SecretLostException;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * Seals secrets for the database: AES-256 in GCM, with a key of its own for every value, derived
 * (HKDF-SHA256, RFC 5869) from one of the configured keys and a fresh random salt.
 *
 * <p>The sealed form is {@code version, length of the key id, key id, salt, nonce, ciphertext and
 * tag}. The place of the value and everything before the ciphertext are authenticated with it, so a
 * sealed value that was altered, or moved to another row or column, does not open. Thread-safe.
 */
final class SecretCipher {

    private static final byte VERSION = 1;
    private static final int SALT_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int KEY_BYTES = 32;
    private static final byte[] PURPOSE = "mooring secret 1".getBytes(US_ASCII);

    private final KeyRing keys;
    private final SecureRandom random;

    SecretCipher(KeyRing keys, SecureRandom random) {
        this.keys = keys;
        this.random = random;
    }

    /** Seals a secret for one place, with the current key. */
    byte[] seal(String secret, SecretPlace place) {
        String keyId = keys.currentId();
        byte[] salt = randomBytes(SALT_BYTES);
        byte[] nonce = randomBytes(NONCE_BYTES);
        byte[] prefix = prefix(keyId);
        byte[] header =
                ByteBuffer.allocate(prefix.length + SALT_BYTES + NONCE_BYTES)
                        .put(prefix)
                        .put(salt)
                        .put(nonce)
                        .array();
        byte[] body =
                crypt(
                        Cipher.ENCRYPT_MODE,
                        key(keyId, place),
                        salt,
                        nonce,
                        header,
                        place,
                        secret.getBytes(UTF_8));
        return ByteBuffer.allocate(header.length + body.length).put(header).put(body).array();
    }

    /**
     * Opens what {@link #seal} made for the same place.
     *
     * @throws SecretLostException if it was sealed with a key we do not have, was altered, or
     *     belongs elsewhere
     */
    String open(byte[] sealed, SecretPlace place) {
        if (sealed.length < 2 || sealed[0] != VERSION || sealed.length < headerLength(sealed)) {
            throw new SecretLostException("No sealed secret of a known form in " + place);
        }
        String keyId = keyId(sealed);
        int saltAt = 2 + sealed[1];
        int nonceAt = saltAt + SALT_BYTES;
        int bodyAt = nonceAt + NONCE_BYTES;
        byte[] body =
                crypt(
                        Cipher.DECRYPT_MODE,
                        key(keyId, place),
                        Arrays.copyOfRange(sealed, saltAt, nonceAt),
                        Arrays.copyOfRange(sealed, nonceAt, bodyAt),
                        Arrays.copyOf(sealed, bodyAt),
                        place,
                        Arrays.copyOfRange(sealed, bodyAt, sealed.length));
        return new String(body, UTF_8);
    }

    /** The id of the key that seals. */
    String currentId() {
        return keys.currentId();
    }

    /** The id of the key that sealed this. */
    static String keyId(byte[] sealed) {
        return new String(sealed, 2, sealed[1], US_ASCII);
    }

    private static int headerLength(byte[] sealed) {
        return sealed[1] < 0 ? Integer.MAX_VALUE : 2 + sealed[1] + SALT_BYTES + NONCE_BYTES;
    }

    /** What everything begins with that the key of this id sealed. */
    static byte[] prefix(String keyId) {
        byte[] id = keyId.getBytes(US_ASCII);
        return ByteBuffer.allocate(2 + id.length)
                .put(VERSION)
                .put((byte) id.length)
                .put(id)
                .array();
    }

    private SecretKey key(String keyId, SecretPlace place) {
        return keys.find(keyId)
                .orElseThrow(() ->
                        new SecretLostException(
                                "The secret in %s was sealed with the key %s, which is not in %s"
                                        .formatted(place, keyId, keys.sourceName())));
    }

    private byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] crypt(
            int mode,
            SecretKey master,
            byte[] salt,
            byte[] nonce,
            byte[] header,
            SecretPlace place,
            byte[] input) {
        try {
            SecretKey key =
                    KDF.getInstance("HKDF-SHA256")
                            .deriveKey(
                                    "AES",
                                    HKDFParameterSpec.ofExtract()
                                            .addIKM(master)
                                            .addSalt(salt)
                                            .thenExpand(PURPOSE, KEY_BYTES));
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(header);
            cipher.updateAAD(place.bytes());
            return cipher.doFinal(input);
        } catch (AEADBadTagException e) {
            throw new SecretLostException(
                    "The secret in %s was altered, or belongs elsewhere".formatted(place), e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform must provide these", e);
        }
    }
}
