package dev.mooring.adapter.persistence;

import dev.mooring.application.InterleavingContract;
import dev.mooring.application.port.StoresUnderTest;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The interleavings over a real PostgreSQL. */
class JdbcInterleavingTest extends InterleavingContract {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static TestStores stores;

    @BeforeAll
    static void open() {
        stores = TestStores.open(DATABASE);
    }

    @AfterAll
    static void close() {
        stores.close();
    }

    @Override
    protected StoresUnderTest emptyStores() {
        return stores.emptied();
    }
}
