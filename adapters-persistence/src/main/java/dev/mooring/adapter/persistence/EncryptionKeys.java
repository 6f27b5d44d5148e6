package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
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
 * The keys that secrets are encrypted with. The first one is current: it seals what is written from
 * now on; the others only open what was sealed before.
 *
 * <p>As text: one key a line, {@code <key id> <32 bytes in base64>}; blank lines and lines that
 * begin with {@code #} are passed over. To rotate, put a new key on top and keep the old ones until
 * nothing is sealed with them any more.
 */
public final class EncryptionKeys {

    private static final System.Logger LOG = System.getLogger(EncryptionKeys.class.getName());
    private static final int KEY_BYTES = 32;
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
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

    /**
     * Reads the keys of a file.
     *
     * @throws DatabaseUnusableException if it cannot be read or holds no keys
     */
    public static EncryptionKeys read(Path file) {
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw new DatabaseUnusableException(
                    "The encryption keys in %s cannot be read".formatted(file), e);
        }
    }

    /**
     * Reads the keys of a file; makes it first, with one random key and for its owner's eyes only,
     * if it is not there. Only for a store that nobody else uses, as others would need the same
     * keys.
     */
    public static EncryptionKeys readOrCreate(Path file, RandomGenerator random) {
        if (!Files.exists(file)) {
            try {
                create(file, random);
            } catch (IOException e) {
                throw new DatabaseUnusableException(
                        "The encryption key file %s cannot be made: %s".formatted(file, e), e);
            }
            LOG.log(
                    INFO,
                    "A new encryption key is in {0}. Keep a copy apart from the database: without"
                            + " it nobody can read the stored secrets.",
                    file);
        }
        return read(file);
    }

    /**
     * Complete and on disk before it appears under its name, and never in the place of another
     * file: what somebody else makes at the same time counts for both.
     */
    private static void create(Path file, RandomGenerator random) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path directory = absolute.resolveSibling(".").normalize();
        Files.createDirectories(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path unfinished = Files.createTempFile(directory, "unfinished-", null, OWNER_ONLY);
        try {
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(newKeyLine(random).getBytes(US_ASCII)));
                channel.force(true);
            }
            Files.createLink(absolute, unfinished);
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        } catch (FileAlreadyExistsException e) {
            LOG.log(DEBUG, "{0} was made by somebody else meanwhile", file);
        } finally {
            Files.delete(unfinished);
        }
    }

    private static String newKeyLine(RandomGenerator random) {
        byte[] id = new byte[4];
        byte[] key = new byte[KEY_BYTES];
        random.nextBytes(id);
        random.nextBytes(key);
        return "key-%s %s%n"
                .formatted(HexFormat.of().formatHex(id), Base64.getEncoder().encodeToString(key));
    }

    /** The id of the key that seals from now on. */
    String currentId() {
        return byId.firstEntry().getKey();
    }

    Set<String> ids() {
        return Collections.unmodifiableSet(byId.keySet());
    }

    Optional<SecretKey> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** Tells one key from another without telling anything about either. */
    Optional<byte[]> fingerprint(String id) {
        return find(id).map(EncryptionKeys::fingerprint);
    }

    private static byte[] fingerprint(SecretKey key) {
        return expand(key, FINGERPRINT);
    }

    /**
     * A secret for another purpose, the same on all nodes that have the same current key, in
     * base64.
     *
     * @param purpose tells one such secret from another
     */
    public String derived(String purpose) {
        return Base64.getEncoder()
                .encodeToString(
                        expand(
                                byId.firstEntry().getValue(),
                                ("mooring derived " + purpose).getBytes(US_ASCII)));
    }

    private static byte[] expand(SecretKey key, byte[] info) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(
                            HKDFParameterSpec.ofExtract().addIKM(key).thenExpand(info, KEY_BYTES));
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
