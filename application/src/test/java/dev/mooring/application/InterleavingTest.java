package dev.mooring.application;

import dev.mooring.application.port.StoresUnderTest;

/** The interleavings over the stores in memory. */
class InterleavingTest extends InterleavingContract {
    @Override
    protected StoresUnderTest emptyStores() {
        return StoresUnderTest.inMemory();
    }
}
