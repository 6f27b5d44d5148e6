package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.audit.Detail;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

class EncryptionKeyTableTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final String FIRST = line("first");
    private static final String SECOND = line("second");

    private Database database;

    @BeforeEach
    void open() {
        database = Database.open(DATABASE.access(), 2, new SecureRandom());
        database.unitOfWork()
                .statements(db ->
                        db.createDmlStatement("truncate encryption_key, encryption_key_holder")
                                .execute());
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
    void whichKeyIsCurrentIsTheDatabasesToSayAndThatKeyMustBeThere() {
        check(FIRST);
        assertThat(check(SECOND + FIRST)).isEqualTo("first");
        assertThatThrownBy(() -> check(SECOND))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("The encryption key first is missing: 0 stored secrets")
                .hasMessageContaining("the test has only second");
    }

    @Test
    void keysOfAnOlderVersionAreFormerOnesAndTheFirstOfOursBecomesCurrent() {
        database.unitOfWork()
                .statements(db ->
                        db.createDmlStatement(
                                        "insert into encryption_key (id, fingerprint) values"
                                                + " ('first', decode('"
                                                + fingerprint(FIRST)
                                                + "', 'hex'))")
                                .execute());

        assertThat(check(SECOND + FIRST)).isEqualTo("second");

        assertThat(check(FIRST + SECOND)).isEqualTo("second");
    }

    @Test
    void anotherKeyOfTheSameIdIsRefusedAndLeavesNoTrace() {
        check(FIRST);
        assertThatThrownBy(() -> check(line("first")))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("The encryption key first in the test is not the key first");
        assertThatCode(() -> check(FIRST)).doesNotThrowAnyException();
    }

    @Test
    void theFirstKeyOfAllIsInTheTrail() {
        int before = trail().size();
        check(FIRST + SECOND);
        check(SECOND + FIRST);

        List<AuditRecord> trail = trail();
        assertThat(trail).hasSize(before + 1);
        AuditRecord newest = trail.getFirst();
        assertThat(newest.entry().type()).isEqualTo("encryption_key_made_current");
        assertThat(newest.entry().details()).containsExactly(new Detail.Text("key_id", "first"));
        assertThat(newest.party().actor()).isEqualTo(Actor.service("first start"));
    }

    private List<AuditRecord> trail() {
        return new JdbcEventHistory(database.unitOfWork())
                .before(Long.MAX_VALUE, AuditFilter.ALL, 1000);
    }

    /** What a node that starts with these keys seals with. */
    private String check(String keys) {
        KeyRing ring = KeyRing.read(new KeyText("the test", keys));
        new EncryptionKeyTable(
                        database.unitOfWork(),
                        new SealedValues(database.unitOfWork()),
                        ring,
                        new SecureRandom())
                .join();
        return ring.currentId();
    }

    private static String fingerprint(String line) {
        EncryptionKeys keys = EncryptionKeys.parse("the test", line);
        return HexFormat.of().formatHex(keys.fingerprint(keys.firstId()).orElseThrow());
    }

    private static String line(String id) {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        return id + " " + Base64.getEncoder().encodeToString(key) + "\n";
    }
}
