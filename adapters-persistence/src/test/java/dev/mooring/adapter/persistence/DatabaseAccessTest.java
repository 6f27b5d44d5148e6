package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DatabaseAccessTest {

    @Test
    void neitherThePasswordNorTheUrlsParametersAreEverPrinted() {
        DatabaseAccess access =
                new DatabaseAccess(
                        "jdbc:postgresql://db.example/mooring?password=hidden1", "me", "hidden2");
        assertThat(access.toString())
                .isEqualTo("jdbc:postgresql://db.example/mooring as me")
                .doesNotContain("hidden");
    }
}
