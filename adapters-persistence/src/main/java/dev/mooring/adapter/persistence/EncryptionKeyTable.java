package dev.mooring.adapter.persistence;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which encryption keys the stored secrets need, in the table {@code encryption_key}: ids and
 * one-way fingerprints. A wrong key would otherwise be noticed only when the first secret is
 * needed, and what it sealed until then would be lost to the right one.
 */
final class EncryptionKeyTable {

    /** Two nodes that start with different keys must not both find the table empty. */
    private static final String LOCK = "lock table encryption_key in share row exclusive mode";

    private static final String READ = "select id, fingerprint from encryption_key";

    private static final String REMEMBER =
            """
            insert into encryption_key (id, fingerprint) values (:id, :fingerprint)
            on conflict (id) do nothing
            """;

    private static final String FORGET_OTHERS = "delete from encryption_key where id <> :id";

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final EncryptionKeys keys;

    EncryptionKeyTable(JdbcUnitOfWork unitOfWork, EncryptionKeys keys) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.keys = keys;
    }

    /**
     * Compares the configured keys with those this database was used with, and remembers the
     * current one.
     *
     * @throws DatabaseUnusableException naming the key that is missing or is another one
     */
    void verify() {
        unitOfWork.run(() -> {
            statements.change(LOCK, new Columns());
            compare(used());
            rememberCurrent();
        });
    }

    /** Whether secrets may still be sealed with a key that is not the current one. */
    boolean holdsOthers() {
        return used().keySet().stream().anyMatch(id -> !id.equals(keys.currentId()));
    }

    void rememberCurrent() {
        statements.change(
                REMEMBER,
                current().with("fingerprint", keys.fingerprint(keys.currentId()).orElseThrow()));
    }

    void forgetOthers() {
        statements.change(FORGET_OTHERS, current());
    }

    private Columns current() {
        return new Columns().with("id", keys.currentId());
    }

    private void compare(Map<String, byte[]> used) {
        Set<String> missing = new TreeSet<>(used.keySet());
        missing.removeAll(keys.ids());
        if (!missing.isEmpty()) {
            throw new DatabaseUnusableException(
                    "The database holds secrets that were sealed with the encryption key %s, which is not configured. Configured: %s"
                            .formatted(String.join(", ", missing), String.join(", ", keys.ids())));
        }
        used.forEach((id, fingerprint) -> {
            if (keys.fingerprint(id).filter(f -> Arrays.equals(f, fingerprint)).isEmpty()) {
                throw new DatabaseUnusableException(
                        "The configured encryption key %s is not the key of this id that the database was used with"
                                .formatted(id));
            }
        });
    }

    private Map<String, byte[]> used() {
        Map<String, byte[]> used = new HashMap<>();
        statements
                .all(READ, new Columns())
                .forEach(row -> used.put(row.text("id"), row.bytes("fingerprint")));
        return used;
    }
}
