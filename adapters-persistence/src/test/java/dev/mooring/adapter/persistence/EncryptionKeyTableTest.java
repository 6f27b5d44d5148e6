package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.security.SecureRandom;
import java.util.Base64;

class EncryptionKeyTableTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final String FIRST = line("first");
    private static final String SECOND = line("second");

    private Database database;

    @BeforeEach
    void open() {
        database = Database.open(DATABASE.access(), 2, new SecureRandom());
        database.unitOfWork()
                .statements(db -> db.createDmlStatement("truncate encryption_key").execute());
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void theSameKeyIsAcceptedAgain() {
        check(FIRST);
        assertThatCode(() -> check(FIRST)).doesNotThrowAnyException();
    }

    @Test
    void aNewKeyOnTopIsAcceptedAndTheOldOneMustStay() {
        check(FIRST);
        check(SECOND + FIRST);
        assertThatThrownBy(() -> check(SECOND))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining(
                        "sealed with the encryption key first, which is not configured")
                .hasMessageContaining("Configured: second");
    }

    @Test
    void anotherKeyIsRefusedAndLeavesNoTrace() {
        check(FIRST);
        assertThatThrownBy(() -> check(SECOND)).isInstanceOf(DatabaseUnusableException.class);
        assertThatCode(() -> check(FIRST)).doesNotThrowAnyException();
    }

    @Test
    void anotherKeyOfTheSameIdIsRefused() {
        check(FIRST);
        assertThatThrownBy(() -> check(line("first")))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("The configured encryption key first is not the key");
    }

    private void check(String keys) {
        new EncryptionKeyTable(database.unitOfWork(), EncryptionKeys.parse("test", keys)).verify();
    }

    private static String line(String id) {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        return id + " " + Base64.getEncoder().encodeToString(key) + "\n";
    }
}
