//! A real server and real clients in one process, with a fault proxy between them; the tests read as stories.
