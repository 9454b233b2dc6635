//! A client that solves challenges natively and sends whatever it likes.
