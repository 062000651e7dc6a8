"""Steps of the pipeline as processes of their own: started, watched and restarted."""
