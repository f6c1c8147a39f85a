// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.
