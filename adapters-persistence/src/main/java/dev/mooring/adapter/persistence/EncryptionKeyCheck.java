package dev.mooring.adapter.persistence;

import static java.util.stream.Collectors.toMap;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Refuses to start with keys that cannot open what is stored: a wrong key would be noticed only
 * when the first secret is needed, and what it sealed until then would be lost to the right one.
 */
final class EncryptionKeyCheck {

    /** Two nodes that start with different keys must not both find the table empty. */
    private static final String LOCK = "lock table encryption_key in share row exclusive mode";

    private static final String READ = "select id, fingerprint from encryption_key";

    private static final String REMEMBER =
            """
            insert into encryption_key (id, fingerprint) values (:id, :fingerprint)
            on conflict (id) do nothing
            """;

    private final JdbcUnitOfWork unitOfWork;
    private final EncryptionKeys keys;

    EncryptionKeyCheck(JdbcUnitOfWork unitOfWork, EncryptionKeys keys) {
        this.unitOfWork = unitOfWork;
        this.keys = keys;
    }

    /**
     * Compares the configured keys with those this database was used with, and remembers the
     * current one.
     *
     * @throws DatabaseUnusableException naming the key that is missing or is another one
     */
    void run() {
        unitOfWork.run(() -> {
            unitOfWork.statements(db -> db.createDmlStatement(LOCK).execute());
            compare(used());
            remember(keys.currentId());
        });
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

    private void remember(String id) {
        byte[] fingerprint = keys.fingerprint(id).orElseThrow();
        Columns columns = new Columns().with("id", id).with("fingerprint", fingerprint);
        unitOfWork.statements(
                db -> db.createInsert(REMEMBER).params(columns.asParameters()).execute());
    }

    private Map<String, byte[]> used() {
        return unitOfWork.statements(db ->
                db.createQuery(READ)
                        .execute()
                        .map(Row::new)
                        .collect(toMap(row -> row.text("id"), row -> row.bytes("fingerprint"))));
    }
}
