//! Plans from facts made by hand.
