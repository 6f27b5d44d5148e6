package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.Acting;

import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A tool looks at whatever database there is, and leaves its tables as they are. */
class AdministrationTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final SecureRandom RANDOM = new SecureRandom();

    /** Every column of every table, and how the tables came to be. */
    private static final String EVERYTHING =
            """
            select table_name || '.' || column_name from information_schema.columns
            where table_schema = 'public' order by 1
            """;

    private static final String CONTENT =
            """
            select table_name || query_to_xml(format('select * from %I', table_name), true, true, '')
            from information_schema.tables where table_schema = 'public' order by 1
            """;

    @BeforeEach
    void empty() throws SQLException {
        execute("drop schema public cascade; create schema public");
    }

    @Test
    void statusAndRehearsalOfADatabaseOfThisVersionChangeNothing() throws SQLException {
        String key = TestStores.randomKey("a");
        try (TestStores stores = TestStores.open(DATABASE, key)) {
            new FilledStores(stores.stores());
        }
        List<String> before = everything();

        try (Administration administration = Administration.open(DATABASE.access(), RANDOM)) {
            KeyRotation rotation =
                    administration.keys(
                            new KeyText("THE_SETTING", key + TestStores.randomKey("b")),
                            Acting::current,
                            RANDOM);
            assertThat(rotation.status().secrets()).isPositive();
            assertThat(rotation.rehearse(n -> {}).failed()).isZero();
            assertThat(rotation.candidates()).containsExactly("b");
        }

        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void anOlderDatabaseIsLeftAsItIs() throws SQLException {
        migrateTo("9");
        isLeftAsItIs("are of an older version");
    }

    @Test
    void aNewerDatabaseIsLeftAsItIs() throws SQLException {
        migrateTo("latest");
        execute(
                """
                insert into mooring_schema_history (installed_rank, version, description, type,
                    script, installed_by, execution_time, success)
                values (999, '999', 'from the future', 'SQL', 'V999__x.sql', 'x', 1, true)
                """);
        isLeftAsItIs("are of a newer version");
    }

    @Test
    void anEmptyDatabaseStaysEmpty() throws SQLException {
        isLeftAsItIs("There are no tables of Mooring");
        assertThat(everything()).isEmpty();
    }

    private static void isLeftAsItIs(String message) throws SQLException {
        List<String> before = everything();
        assertThatThrownBy(() -> Administration.open(DATABASE.access(), RANDOM))
                .isInstanceOf(DatabaseOfAnotherVersionException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("othing was changed")
                .hasMessageNotContaining(DATABASE.access().password());
        assertThat(everything()).isEqualTo(before);
    }

    private static void migrateTo(String version) {
        DatabaseAccess access = DATABASE.access();
        Flyway.configure()
                .dataSource(access.url(), access.user(), access.password())
                .locations("classpath:dev/mooring/adapter/persistence/migration")
                .table("mooring_schema_history")
                .target(version)
                .load()
                .migrate();
    }

    private static List<String> everything() throws SQLException {
        List<String> all = new ArrayList<>();
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : List.of(EVERYTHING, CONTENT)) {
                try (ResultSet rows = statement.executeQuery(sql)) {
                    while (rows.next()) {
                        all.add(rows.getString(1));
                    }
                }
            }
        }
        return all;
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
