-- PostgreSQL keeps rows in the order in which they came anyway; the number of the step is taken.
select 1;
