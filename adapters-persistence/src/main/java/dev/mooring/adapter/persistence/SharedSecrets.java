package dev.mooring.adapter.persistence;

import java.security.SecureRandom;
import java.util.Base64;

/** Random secrets that all nodes have in common, in the table {@code shared_secret}. */
final class SharedSecrets {

    private static final int BYTES = 32;

    private static final String INSERT =
            "insert into shared_secret (name, value) values (:name, :value) on conflict do nothing";

    private static final String READ = "select value from shared_secret where name = :name";

    private final Statements statements;
    private final SecretCipher cipher;
    private final SecureRandom random;

    SharedSecrets(JdbcUnitOfWork unitOfWork, SecretCipher cipher, SecureRandom random) {
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
        this.random = random;
    }

    /** Made by who needs it first. */
    String named(String name) {
        SecretPlace place = SealedColumn.SHARED_SECRET.of(name);
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        String fresh = Base64.getEncoder().encodeToString(bytes);
        Columns columns = new Columns().with("name", name);
        statements.change(
                INSERT, new Columns().with("name", name).with("value", cipher.seal(fresh, place)));
        return cipher.open(statements.one(READ, columns).orElseThrow().bytes("value"), place);
    }
}
