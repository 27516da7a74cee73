//! Child processes that do the dangerous work: parsing foreign code, running users' SQL.
